"""Bars of histograms hold what a click on them shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("number", ["probability", "loss", "age", "pca x"])
def test_a_bar_shows_as_many_images_as_it_counts(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]], number: str
) -> None:
    page = open_page(findings)
    page.select_option("#histogram-of", number)
    bars = page.locator("#histogram .bar")
    total = 0
    for at in range(bars.count()):
        words = bars.nth(at).get_attribute("aria-label")
        assert words
        count = sum(int(part.split()[0]) for part in words.split(": ")[1].split(", "))
        total += count
        if at % 4 == 1:
            bars.nth(at).click(position={"x": 3, "y": 3})
            assert len(shown(page)) == count, words
            bars.nth(at).click(position={"x": 3, "y": 3})
    unknown = {"age": 18, "loss": int((findings.truth[:, 0] < 0).sum())}.get(number, 0)
    assert total == 300 - unknown


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
