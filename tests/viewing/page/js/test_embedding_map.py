"""A lasso on the map keeps the images whose points lie inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from browsers import wait_for
from made_up_view import MadeUp

pytestmark = pytest.mark.browser

MARGIN_PX = 8


def unit_points(made: MadeUp) -> np.ndarray:
    points = made.embedding.astype(np.float32)
    return (points - points.min(axis=0)) / np.ptp(points, axis=0)


def draw(page: Any, corners: list[tuple[float, float]]) -> None:
    """Draw a lasso through corners between 0 and 1."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    side = box["width"] - 2 * MARGIN_PX
    spots = [(box["x"] + MARGIN_PX + x * side, box["y"] + box["width"] - MARGIN_PX - y * side) for x, y in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in [*spots[1:], spots[0]]:
        page.mouse.move(*spot, steps=3)
    page.mouse.up()


def test_a_lasso_keeps_what_lies_inside(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    draw(page, [(0.2, 0.2), (0.2, 0.7), (0.6, 0.7), (0.6, 0.2)])
    x, y = unit_points(findings).T
    surely = set(np.flatnonzero((x > 0.21) & (x < 0.59) & (y > 0.21) & (y < 0.69)))
    perhaps = set(np.flatnonzero((x > 0.19) & (x < 0.61) & (y > 0.19) & (y < 0.71)))
    assert surely <= set(shown(page)) <= perhaps and 20 < len(surely) < 280
    before = shown(page)
    wait_for(page, "location.hash.includes('lasso')")
    assert shown(open_page(findings, address=page.evaluate("location.hash"))) == before
    page.click("#map-clear")
    assert len(shown(page)) == 300


def test_a_triangle_is_not_its_bounding_box(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    spots = "[[0.5, 0.4], [0.1, 0.9], [NaN, 0.1], [0.9, 0.2]]"
    inside = page.evaluate(f"{spots}.map(([x, y]) => radiobundleView.lasso.contains([[0, 0], [1, 0], [1, 1]])(x, y))")
    assert inside == [True, False, False, True]


def test_a_click_on_a_point_opens_its_image(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#text=images/000002")
    x, y = unit_points(findings)[2]
    draw(page, [(float(x), float(y))])
    assert page.inner_text("#image-title") == "images/000002.png"


def test_every_colouring_has_a_legend(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    for key in ("outcome", "truth", "predicted", "probability", "sex", "age"):
        page.evaluate("document.getElementById('legend').replaceChildren()")
        page.select_option("#colour", key)
        wait_for(page, "document.querySelectorAll('#legend span').length >= 2")
