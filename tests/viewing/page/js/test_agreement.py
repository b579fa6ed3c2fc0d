"""Two runs: the images where they disagree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp

pytestmark = pytest.mark.browser


def test_a_second_run_shows_where_the_decisions_differ(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.select_option("#other", "1")
    one, two = (values[:, 0] for values in findings.probabilities)
    differ = (one >= np.float32(0.35)) != (two >= np.float32(0.4))
    assert set(shown(page)) == set(np.flatnonzero(differ))
    gaps = np.abs(one - two)[shown(page)]
    assert (np.diff(gaps) <= 1e-6).all()
    row = shown(page)[0]
    assert f"{one[row]:.{3 if one[row] < 0.1 else 2}f} | " in page.inner_text(f"#tile-{row}")


def test_who_is_right_can_be_chosen(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings, address="#other=1")
    page.click("[data-filter=agreement] summary")
    page.check("[data-filter=agreement] .check:nth-child(3) input")
    truth = findings.truth[:, 0]
    one, two = (
        values[:, 0] >= np.float32(cut) for values, cut in zip(findings.probabilities, (0.35, 0.4), strict=True)
    )
    assert set(shown(page)) == set(np.flatnonzero((truth >= 0) & (two == truth) & (one != truth)))
    page.select_option("#other", "-1")
    assert len(shown(page)) == 300
