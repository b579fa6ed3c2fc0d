"""One image: all its bits, window and level, zoom, heat map, boxes, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from browsers import wait_for
from made_up_view import MadeUp

pytestmark = pytest.mark.browser


def grey_at(page: Any, x: float, y: float) -> list[int]:
    """Red, green and blue of the stage at a position."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    script = f"[...document.getElementById('stage').getContext('2d').getImageData({x}, {y}, 1, 1).data].slice(0, 3)"
    return page.evaluate(script)


def pixel_under(page: Any, x: float, y: float) -> dict[str, int]:
    return page.evaluate(f"radiobundleView.stage.pixelAt({x}, {y})")


def expected_grey(value: int, window: dict[str, Any]) -> int:
    fraction = min(1.0, max(0.0, (value - window["low"]) / (window["high"] - window["low"])))
    return int(np.floor(255 * (1 - fraction if window["inverted"] else fraction) + 0.5))


def window_of(page: Any) -> dict[str, Any]:
    return page.evaluate("radiobundleView.stage.window()")


def open_image(open_page: Callable[..., Any], made: MadeUp, row: int, **options: Any) -> Any:
    page = open_page(made, address=f"#open={row}", **options)
    wait_for(page, "radiobundleView.stage.image() && radiobundleView.stage.window()")
    return page


@pytest.mark.parametrize("row", [2, 3], ids=["16 bit", "8 bit"])
def test_greys_are_computed_from_all_bits(findings: MadeUp, open_page: Callable[..., Any], row: int) -> None:
    page = open_image(open_page, findings, row)
    pixels = findings.pixels[row]
    spots = [(250, 200), (500, 300), (700, 400)]
    for x, y in spots:
        found = pixel_under(page, x, y)
        assert found["value"] == pixels[found["y"], found["x"]]
        assert grey_at(page, x, y) == [expected_grey(found["value"], window_of(page))] * 3
    before = [grey_at(page, *spot) for spot in spots]
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 240, steps=4)
    page.mouse.up()
    after = [grey_at(page, *spot) for spot in spots]
    window = window_of(page)
    largest = 255 if pixels.itemsize == 1 else 40000
    assert window["high"] - window["low"] > 0.8 * largest  # to the right: wider
    assert (window["high"] + window["low"]) / 2 < largest / 2  # up: brighter
    assert before != after
    for x, y in spots:
        assert grey_at(page, x, y) == [expected_grey(pixel_under(page, x, y)["value"], window)] * 3
    page.keyboard.press("r")
    assert [grey_at(page, *spot) for spot in spots] == before


def test_a_narrow_window_tells_neighbouring_values_of_16_bits_apart(
    findings: MadeUp, open_page: Callable[..., Any]
) -> None:
    page = open_image(open_page, findings, 2)
    value = pixel_under(page, 500, 300)["value"]
    for low, grey in ((value - 1, 255), (value, 0)):
        page.fill("#low", str(low))
        page.fill("#high", str(low + 1))
        page.press("#high", "Enter")
        assert grey_at(page, 500, 300) == [grey] * 3


def test_the_readout_names_the_pixel_under_the_cursor(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_image(open_page, findings, 2)
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 500, box["y"] + 300)
    found = pixel_under(page, 500, 300)
    grey = expected_grey(found["value"], window_of(page))
    assert page.inner_text("#readout") == f"x {found['x']}, y {found['y']}: {found['value']}, grey {grey}"


def test_inverting_mirrors_every_grey(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_image(open_page, findings, 2)
    before = grey_at(page, 500, 300)
    page.keyboard.press("i")
    assert grey_at(page, 500, 300) == [255 - before[0]] * 3


def test_the_wheel_zooms_where_the_cursor_is_and_shift_pans(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_image(open_page, findings, 2)
    box = page.locator("#stage").bounding_box()
    before = pixel_under(page, 600, 300)
    scale = page.evaluate("radiobundleView.stage.scale()")
    page.mouse.move(box["x"] + 600, box["y"] + 300)
    page.mouse.wheel(0, -400)
    wait_for(page, f"radiobundleView.stage.scale() > {scale} * 1.5")
    assert pixel_under(page, 600, 300) == before
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 300)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert pixel_under(page, 500, 300) == before
    page.click("#fit")
    assert page.evaluate("radiobundleView.stage.scale()") == pytest.approx(scale)


def test_the_heat_map_and_the_box_lie_over_the_image(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_image(open_page, findings, 0)
    stage = page.evaluate("({width: stage.width, height: stage.height})")
    x, y = stage["width"] // 2 + 100, stage["height"] // 2 + 120
    plain = grey_at(page, x, y)
    page.keyboard.press("h")
    assert grey_at(page, x, y) != plain
    page.locator("#opacity").press("Home")
    assert grey_at(page, x, y) == plain
    page.keyboard.press("h")
    with_box = page.locator("#stage").screenshot()
    page.keyboard.press("b")
    grey_at(page, x, y)
    assert page.locator("#stage").screenshot() != with_box


def test_arrows_go_through_the_selection_and_escape_closes(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings, address="#text=images/00000&sort=name&descending=false")
    rows = shown(page)
    assert len(rows) == 8  # images 2 to 9; two have other names
    page.focus("#grid")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    titles = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        titles.append(page.inner_text("#image-title"))
        page.keyboard.press(key)
    assert titles == [findings.names[rows[at]] for at in (1, 2, 3)]
    page.keyboard.press("Escape")
    assert not page.is_visible("#image")
    assert page.evaluate("radiobundleView.grid.activeRow()") == rows[2]
    assert page.evaluate("document.activeElement.id") == "grid"


def test_labels_probabilities_facts_and_neighbours_are_shown(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_image(open_page, findings, 4)
    rows = page.locator("#labels tbody tr")
    for at, label in enumerate(findings.labels):
        text = rows.nth(at).inner_text()
        p = findings.probabilities[0][4, at]
        assert label in text and f"{p:.{3 if p < 0.1 else 2}f}" in text
    assert "P00001" in page.inner_text("#facts")
    assert page.locator("#others .small").count() == 2 and page.locator("#nearest .small").count() == 5
    page.click("#others .small >> nth=0")
    assert page.inner_text("#image-title") == findings.names[3]
