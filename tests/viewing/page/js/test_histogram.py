"""Bars of histograms hold what a click on them shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp

pytestmark = pytest.mark.browser


def test_a_bar_shows_as_many_images_as_it_counts(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    unlabelled = int((findings.truth[:, 0] < 0).sum())
    for number, unknown in (("probability", 0), ("loss", unlabelled), ("age", 18), ("pca x", 0)):
        page.select_option("#histogram-of", number)
        bars = page.locator("#histogram .bar")
        words = bars.evaluate_all("(bars) => bars.map((bar) => bar.getAttribute('aria-label'))")
        counts = [sum(int(part.split()[0]) for part in text.split(": ")[1].split(", ")) for text in words]
        assert sum(counts) == 300 - unknown, number
        for at in (1, len(counts) // 2):
            bars.nth(at).click(position={"x": 3, "y": 3})
            assert len(shown(page)) == counts[at], words[at]
            bars.nth(at).click(position={"x": 3, "y": 3})
            assert len(shown(page)) == 300


def test_shift_extends_to_several_bars_by_keyboard(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.locator("#histogram .bar").nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    p = findings.probabilities[0][:, 0]
    assert set(shown(page)) == set(np.flatnonzero((p >= np.float32(0.05)) & (p < np.float32(0.2))))
    assert "below 0.2" in page.inner_text("#chips")
