"""Marks live in the browser, can be undone, and go back into the datalist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from browsers import wait_for
from made_up_view import MadeUp, write_made_up
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


def smaller_page(made: MadeUp, folder: Path, *, rows: int) -> MadeUp:
    """The page of the first rows of the same runs."""
    smaller = write_made_up(folder, rows=rows, with_images=5, names=dict(enumerate(made.names[:rows])))
    manifest = folder / "data/manifest.js"
    own = f"made-up-{rows}-multilabel-3"
    assert own in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(own, f"made-up-{len(made.names)}-multilabel-3"))
    return smaller


def test_a_page_with_fewer_images_keeps_and_exports_the_marks_of_all(
    findings: MadeUp, open_page: Callable[..., Any], folder_of: Path, tmp_path: Path
) -> None:
    page = open_page(findings, address="#open=11")
    page.keyboard.press("3")
    page.keyboard.press("Escape")
    page.goto(smaller_page(findings, folder_of, rows=10).page + "#open=2")
    page.wait_for_selector("body.complete")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    assert page.inner_text("#export") == "export marks (2 images, 1 not on this page)"
    table = pd.read_csv(exported(page, tmp_path / "marks.csv"))
    assert table["image"].tolist() == [findings.names[2], findings.names[11]]
    assert table["label"].tolist() == ["effusion", "nodule"]
    page.goto(findings.page)
    page.wait_for_selector("body.complete")
    assert page.evaluate("radiobundleView.marks.rows()") == [2, 11]


def test_two_tabs_show_and_keep_each_others_marks(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    one = open_page(findings, address="#open=2")
    two = one.context.new_page()
    two.goto(findings.page + "#open=3")
    two.wait_for_selector("body.complete")
    one.keyboard.press("1")
    wait_for(two, "document.getElementById('export').textContent === 'export marks (1 image)'")
    two.keyboard.press("2")
    wait_for(one, "document.getElementById('export').textContent === 'export marks (2 images)'")
    one.keyboard.press("u")
    wait_for(two, "radiobundleView.marks.rows().join() === '3'")
    two.close()
    one.reload()
    one.wait_for_selector("body.complete")
    assert one.evaluate("radiobundleView.marks.rows()") == [3]


def test_a_mark_in_a_tab_that_heard_nothing_of_the_others_keeps_theirs(
    findings: MadeUp, open_page: Callable[..., Any]
) -> None:
    page = open_page(findings, address="#open=2")
    stored = "localStorage.getItem(`radiobundle marks ${radiobundleView.app.table().manifest.id}`)"
    page.keyboard.press("1")
    page.evaluate(
        """(name) => {
           const key = `radiobundle marks ${radiobundleView.app.table().manifest.id}`;
           const kept = JSON.parse(localStorage.getItem(key));
           localStorage.setItem(key, JSON.stringify({...kept, [name]: {image: "bad image"}})); }""",
        findings.names[5],
    )  # a tab hears nothing of what it stores itself
    page.keyboard.press("u")
    assert list(page.evaluate(f"JSON.parse({stored})")) == [findings.names[5]]


def write_note(page: Any, text: str) -> None:
    page.fill("#note", text)
    page.keyboard.press("Tab")


def test_a_note_without_a_mark_is_not_counted_as_exported(
    findings: MadeUp, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(findings, address="#open=2")
    write_note(page, "looks odd")
    page.keyboard.press("Escape")
    assert page.inner_text("#export") == "export marks" and page.is_disabled("#export")
    assert page.inner_text("#export-gaps") == "1 note without a mark is not exported."
    page.evaluate("radiobundleView.imageView.open(3)")
    write_note(page, "a wrong label")
    page.keyboard.press("Escape")
    assert "2 notes without a mark are not exported." in page.inner_text("#export-gaps")
    page.evaluate("radiobundleView.imageView.open(3)")
    page.click("#image-marks [data-action='bad image']")
    page.keyboard.press("Escape")
    assert page.inner_text("#export") == "export marks (1 image)"
    table = pd.read_csv(exported(page, tmp_path / "marks.csv"))
    assert table["image"].tolist() == [findings.names[3]] and table["note"].tolist() == ["a wrong label"]
    assert "Exported 1 image as" in page.inner_text("#live")
    assert "1 note without a mark is not exported." in page.inner_text("#export-gaps")


def test_marks_without_a_name_get_the_one_at_the_export(
    findings: MadeUp, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(findings, address="#open=2")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    assert page.inner_text("#export-gaps").startswith("1 marked image has no name: fill in “marks by”")
    nameless = pd.read_csv(exported(page, tmp_path / "nameless.csv"), keep_default_na=False)
    assert nameless["by"].tolist() == [""]
    page.fill("#by", "Ann")
    page.press("#by", "Tab")
    assert not page.is_visible("#export-gaps")
    page.evaluate("radiobundleView.imageView.open(3)")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    page.fill("#by", "Ben")
    named = pd.read_csv(exported(page, tmp_path / "named.csv"))
    assert named["by"].tolist() == ["Ben", "Ann"]  # who has signed stays


def test_a_tab_whose_storage_is_full_does_not_overwrite_the_others_marks(
    findings: MadeUp, open_page: Callable[..., Any]
) -> None:
    page = open_page(findings, address="#open=2")
    key = "`radiobundle marks ${radiobundleView.app.table().manifest.id}`"
    page.evaluate(
        """() => {
           window.setItem = Storage.prototype.setItem;
           Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; }"""
    )
    page.keyboard.press("1")
    assert page.is_visible("#not-kept") and page.evaluate("radiobundleView.marks.rows()") == [2]
    others = '{"images/000005.png":{"image":"bad image"}}'
    page.evaluate(f"(text) => window.setItem.call(localStorage, {key}, text)", others)
    page.evaluate("() => { Storage.prototype.setItem = window.setItem; }")
    page.keyboard.press("2")
    assert page.evaluate(f"localStorage.getItem({key})") == others
    assert page.evaluate("Object.keys(radiobundleView.marks.get(2).labels)") == ["0", "1"]
    page.evaluate("radiobundleView.marks.wasExported()")  # so that leaving the page asks nothing
