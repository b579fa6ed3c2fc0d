"""Rates that are not those of new images come with a caution, and a click leaves the images of which they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp, write_made_up

pytestmark = pytest.mark.browser

TOGETHER = "validation and test together; the thresholds were fitted on validation."


def test_validation_and_test_together_at_fitted_thresholds_are_cautioned(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    assert TOGETHER in page.inner_text("#basis")
    page.click("#half")
    assert TOGETHER not in page.inner_text("#basis")  # another threshold was not fitted
    page.click("#fitted")
    page.click("#basis button:text-is('test only')")
    assert sorted(shown(page)) == np.flatnonzero(findings.splits == 1).tolist()
    assert not page.is_visible("#basis .caution")
    page.click("#chips .chip")
    page.check("[data-filter=split] .check:nth-child(1) input")  # validation only: nothing is joined
    assert not page.is_visible("#basis .caution")


def test_thresholds_that_were_not_fitted_need_no_caution(open_page: Callable[..., Any], folder_of: Path) -> None:
    made = write_made_up(folder_of, rows=30, with_images=0)
    manifest = folder_of / "data/manifest.js"
    assert '"fitted"' in manifest.read_text()
    manifest.write_text(manifest.read_text().replace('"fitted"', '"default"'))
    assert not open_page(made).is_visible("#basis .caution")


def test_the_most_probable_class_needs_no_caution(classes: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(classes)
    assert not page.is_visible("#basis .caution")


def test_all_held_out_splits_are_named(open_page: Callable[..., Any], folder_of: Path) -> None:
    made = write_made_up(folder_of, rows=30, with_images=0)
    manifest = folder_of / "data/manifest.js"
    two = '"values": ["validation", "test"]'
    assert two in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(two, '"values": ["Test", "holdout"]'))
    page = open_page(made)
    assert not page.is_visible("#basis .caution")
    page.evaluate("""() => {
        radiobundleView.app.table().manifest.columns[0].values = ["validation", "test", "test_external"];
        radiobundleView.app.table().values.split.set([2, 2, 2]);
        radiobundleView.state.change({}); }""")
    assert "validation, test and test_external together" in page.inner_text("#basis")
    assert page.inner_text("#basis button") == "test and test_external only"


def test_only_images_that_rates_count_are_cautioned(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    page.evaluate("""() => {
        const { truth, values } = radiobundleView.app.table();
        values.split.forEach((split, row) => { if (split === 1) truth.fill(-1, 3 * row, 3 * row + 3); });
        radiobundleView.state.change({}); }""")  # no label is known of the test
    assert not page.is_visible("#basis .caution")
