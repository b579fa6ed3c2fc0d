"""Images are right or wrong as a whole: by their class, or by all labels that are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp

pytestmark = pytest.mark.browser


def choose(page: Any, at: int) -> None:
    page.click("[data-filter=verdict] summary")
    page.check(f"[data-filter=verdict] .check:nth-child({at}) input")


def test_some_label_is_wrong(findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]) -> None:
    page = open_page(findings)
    choose(page, 2)
    predicted = findings.probabilities[0] >= np.float32(0.35)
    wrong = ((findings.truth >= 0) & ((findings.truth == 1) != predicted)).any(axis=1)
    assert set(shown(page)) == set(np.flatnonzero(wrong))
    assert page.inner_text("[data-filter=verdict] .check:nth-child(2) .number") == str(wrong.sum())


def test_a_wrong_class_is_marked_where_the_label_is_a_true_negative(
    classes: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(classes)
    choose(page, 2)
    best, right = classes.probabilities[0].argmax(axis=1), classes.truth.argmax(axis=1)
    assert set(shown(page)) == set(np.flatnonzero(best != right))
    for tile in page.locator(".line:not([hidden]) .tile").all():
        row = int(tile.get_attribute("data-row"))
        wanted = "FN" if right[row] == 0 else "FP" if best[row] == 0 else "wrong"
        assert tile.locator(".badge").inner_text() == wanted
