"""Filters choose the images, can be undone, and stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from browsers import wait_for
from made_up_view import MadeUp

pytestmark = pytest.mark.browser


def test_text_groups_and_numbers_filter_together(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.fill("#text", "00012")
    wanted = {row for row, name in enumerate(findings.names) if "00012" in name}
    wanted |= {row for row, patient in enumerate(findings.patients) if patient and "00012" in patient.lower()}
    assert set(shown(page)) == wanted
    page.check("[data-filter=split] .check:nth-child(1) input")
    assert set(shown(page)) == {row for row in wanted if findings.splits[row] == 0}
    page.click("[data-filter=age] summary")
    page.fill("[aria-label='age, years, from']", "40")
    page.press("[aria-label='age, years, from']", "Enter")
    ages = page.evaluate("[...radiobundleView.app.table().values.age]")
    assert set(shown(page)) == {row for row in wanted if findings.splits[row] == 0 and (ages[row] or 0) >= 40}
    assert page.locator("#chips .chip").count() == 3
    page.click("#chips .chip >> nth=0")
    assert set(shown(page)) == {row for row in range(300) if findings.splits[row] == 0 and (ages[row] or 0) >= 40}
    page.click("#clear")
    assert len(shown(page)) == 300 and page.locator("#chips .chip").count() == 0


def test_true_and_predicted_labels_filter(
    classes: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(classes)
    for name in ("truth", "predicted"):
        page.click(f"[data-filter={name}] summary")
    page.check("[data-filter=truth] .check:nth-child(2) input")
    page.check("[data-filter=predicted] .check:nth-child(3) input")
    predicted = classes.probabilities[0].argmax(axis=1)
    assert set(shown(page)) == set(np.flatnonzero((classes.truth[:, 1] == 1) & (predicted == 2)))


def test_filters_are_undone_one_after_the_other(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.click("#counts [data-outcome=FP]")
    false_positives = shown(page)
    page.check("[data-filter=split] .check:nth-child(1) input")
    assert len(shown(page)) < len(false_positives)
    page.focus("#grid")
    page.keyboard.press("u")
    assert shown(page) == false_positives
    page.keyboard.press("u")
    assert len(shown(page)) == 300
    page.keyboard.press("u")
    assert page.inner_text("#live") == "Nothing to undo"


def test_an_address_opens_the_same_view(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.select_option("#label", "1")
    page.fill("#threshold-number", "0.6")
    page.click("#counts [data-outcome=FN]")
    page.select_option("#sort", "age")
    wait_for(page, "location.hash.includes('age')")
    again = open_page(findings, address=page.evaluate("location.hash"))
    assert shown(again) == shown(page) and again.input_value("#threshold-number") == "0.6"


def test_a_wrong_address_breaks_nothing(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings, address="#label=99&run=-3&sort=nothing")
    assert len(shown(page)) == 300
    # images 12 and 120 to 129, and three images of patient 12
    for address in ("thresholds=[&outcomes={}", "lasso=7&cell=[9]&open=100000", "lasso={}&marks=3&text=00012"):
        page.evaluate(f"location.hash = {address!r}")
        wait_for(page, f"radiobundleView.grid.rows().length === {14 if 'text' in address else 300}")


def test_images_are_sorted_with_unknown_values_last(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    ages = np.array(page.evaluate("[...radiobundleView.app.table().values.age]"), dtype=float)
    for button, step in (("down", -1), ("up", 1)):
        page.select_option("#sort", "age")
        known = ages[[row for row in shown(page) if not np.isnan(ages[row])]]
        assert (step * np.diff(known) >= 0).all(), button
        assert np.isnan(ages[shown(page)[len(known) :]]).all() and len(known) < 300
        page.click("#direction")
    page.select_option("#sort", "loss")
    loss = -np.log(np.where(findings.truth == 1, findings.probabilities[0], 1 - findings.probabilities[0]))[:, 0]
    loss[findings.truth[:, 0] < 0] = np.nan
    assert shown(page)[0] == np.nanargmax(loss)
