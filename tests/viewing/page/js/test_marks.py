"""Marks live in the browser, can be undone, and go back into the datalist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from made_up_view import MadeUp
from radiobundle.cli import main
from radiobundle.datalists.datalist_file import Datalist, read_datalist, write_datalist

pytestmark = pytest.mark.browser

DENIED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('denied', 'SecurityError'); }})"


def write_list(made: MadeUp, path: Path) -> Path:
    items = [{"image": name, "label": [int(value) for value in made.truth[row]]} for row, name in enumerate(made.names)]
    write_datalist(Datalist(made.labels, made.task, {"training": [], "validation": items, "test": []}), path)
    return path


def exported(page: Any, path: Path) -> Path:
    with page.expect_download() as download:
        page.click("#export")
    assert download.value.suggested_filename == "marks.csv"
    download.value.save_as(path)
    return path


def labels_of(path: Path) -> dict[str, list[float]]:
    return {item["image"]: item["label"] for items in read_datalist(path).splits.values() for item in items}


def test_marks_of_labels_that_may_occur_together_amend_the_datalist(
    findings: MadeUp, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(findings)
    page.fill("#by", 'A. "Ann" Smith')
    page.press("#by", "Tab")
    for row, marks in {0: ["wrong 0"], 1: ["unsure 1"], 2: ["bad image"], 3: ["wrong 2", "unsure 0"]}.items():
        page.evaluate(f"radiobundleView.imageView.open({row})")
        for mark in marks:
            page.click(f"#image [data-action='{mark}']")
    page.fill("#note", "shadow, of the\nbreast")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    marks = exported(page, tmp_path / "marks.csv")
    table = pd.read_csv(marks, dtype=str, keep_default_na=False)
    assert list(table.columns) == ["image", "mark", "label", "value", "by", "at", "note"]
    assert set(table["by"]) == {'A. "Ann" Smith'} and table["note"].iloc[-1] == "shadow, of the breast"
    assert list(table["image"]) == [findings.names[row] for row in (0, 1, 2, 3, 3)]
    old = write_list(findings, tmp_path / "list.json")
    new = tmp_path / "new.json"
    assert main(["datalist", "amend", str(old), str(marks), "--output", str(new)]) == 0
    before, after = labels_of(old), labels_of(new)
    names = findings.names
    assert after[names[0]] == [1 - before[names[0]][0], *before[names[0]][1:]]
    assert after[names[1]] == [before[names[1]][0], -1, before[names[1]][2]]
    assert names[2] not in after and len(after) == len(before) - 1
    assert after[names[3]] == [-1, before[names[3]][1], 1 - before[names[3]][2]]


def test_marks_of_exclusive_classes_amend_the_datalist(
    classes: MadeUp, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(classes, address="#open=2")
    right = (int(classes.truth[2].argmax()) + 1) % 3
    page.keyboard.press(str(right + 1))
    marks = exported_after_closing(page, tmp_path / "marks.csv")
    new = tmp_path / "new.json"
    old = write_list(classes, tmp_path / "list.json")
    assert main(["datalist", "amend", str(old), str(marks), "--output", str(new)]) == 0
    assert labels_of(new)[classes.names[2]] == [int(at == right) for at in range(3)]


def exported_after_closing(page: Any, path: Path) -> Path:
    page.keyboard.press("Escape")
    return exported(page, path)


def test_a_key_marks_and_the_same_key_takes_the_mark_away(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#open=2")
    page.keyboard.press("3")
    assert page.get_attribute("#image [data-action='wrong 2']", "aria-pressed") == "true"
    assert "wrong label, nodule" in page.inner_text("#live")
    page.keyboard.press("3")
    assert page.get_attribute("#image [data-action='wrong 2']", "aria-pressed") == "false"
    page.keyboard.press("9")  # there is no ninth label
    assert page.evaluate("radiobundleView.marks.rows()") == []


def test_marks_are_undone_without_touching_filters(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.evaluate("radiobundleView.imageView.open(2)")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    page.click("#counts [data-outcome=FN]")
    filtered = shown(page)
    page.evaluate("radiobundleView.imageView.open(2)")
    page.keyboard.press("u")
    assert page.evaluate("Object.keys(radiobundleView.marks.get(2).labels)") == ["0"]
    page.keyboard.press("u")
    page.keyboard.press("u")
    assert page.evaluate("radiobundleView.marks.rows()") == [] and shown(page) == filtered


def test_unsure_of_all_labels_and_a_wrong_one_exclude_each_other(
    findings: MadeUp, open_page: Callable[..., Any]
) -> None:
    page = open_page(findings, address="#open=2")
    page.keyboard.press("1")
    page.click("#image-marks [data-action=unsure]")
    assert page.evaluate("radiobundleView.marks.kindsOf(2)") == ["unsure"]
    page.keyboard.press("1")
    assert page.evaluate("radiobundleView.marks.kindsOf(2)") == ["wrong label"]


def test_marks_outlive_the_page_and_can_be_filtered(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings, address="#open=2")
    page.keyboard.press("1")
    page.reload()
    page.wait_for_selector("body.complete")
    assert page.evaluate("radiobundleView.marks.kindsOf(2)") == ["wrong label"]
    page.keyboard.press("Escape")
    page.click("[data-filter=marks] summary")
    page.check("[data-filter=marks] .check:nth-child(1) input")
    assert shown(page) == [2]


def test_a_browser_that_keeps_nothing_says_so_and_still_exports(
    findings: MadeUp, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(findings, script=DENIED, address="#open=2")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert page.is_visible("#not-kept")
    marks = exported(page, tmp_path / "marks.csv")
    assert pd.read_csv(marks)["image"].tolist() == [findings.names[2]]
