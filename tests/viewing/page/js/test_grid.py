"""The grid: only what is seen exists, the keyboard moves in it, and names are text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsers import wait_for
from made_up_view import MadeUp, write_made_up

pytestmark = pytest.mark.browser


def test_ten_thousand_images_take_few_elements(
    open_page: Callable[..., Any], shown: Callable[..., list[int]], folder_of: Path
) -> None:
    page = open_page(write_made_up(folder_of, rows=10_000, with_images=0))
    assert len(shown(page)) == 10_000
    for top in (0, 50_000, 10**9, 3_000):
        page.evaluate(f"document.getElementById('grid').scrollTop = {top}")
        page.wait_for_timeout(60)
        assert page.locator(".tile:visible").count() < 120
    page.focus("#grid")
    page.keyboard.press("End")
    assert page.evaluate("radiobundleView.grid.activeRow()") == shown(page)[-1]
    assert page.locator(".tile.active").is_visible()


def test_arrows_move_by_cells_and_lines(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    columns = int(page.get_attribute("#grid", "aria-colcount"))
    page.focus("#grid")
    for key, position in (("ArrowDown", columns), ("ArrowRight", columns + 1), ("ArrowUp", 1), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate("radiobundleView.grid.activeRow()") == shown(page)[position], key
        active = page.get_attribute("#grid", "aria-activedescendant")
        assert active == f"tile-{shown(page)[position]}" and page.locator(f"#{active}").is_visible()


def test_html_in_names_is_text_everywhere(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#sort=list&descending=false")
    assert page.locator("#tile-0 .name").text_content() == findings.names[0]
    assert page.locator("#tile-1 .name").text_content() == findings.names[1]
    for row in (0, 1):
        page.evaluate(f"radiobundleView.imageView.open({row})")
        assert page.locator("#image-title").text_content() == findings.names[row]
    assert page.locator("main img, dialog img, main b b").count() == 0
    assert page.title() == "made-up images"


def test_each_cell_says_what_it_shows(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#sort=list&descending=false")
    words = page.get_attribute("#tile-2", "aria-label")
    assert words.startswith("images/000002.png, probability of effusion") and "true" in words


def test_thumbnails_are_those_of_their_rows(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#sort=list&descending=false")
    painted = """[...document.querySelectorAll(".line:not([hidden]) .tile")]
                 .every((tile) => tile.parts.canvas.dataset.painted === tile.dataset.row)"""
    wait_for(page, painted)
    page.click("#direction")
    wait_for(page, painted)


@pytest.mark.parametrize("size", ["s", "m", "l"])
def test_without_thumbnails_badge_and_flag_leave_the_probability_readable(
    open_page: Callable[..., Any], folder_of: Path, size: str
) -> None:
    made = write_made_up(folder_of, rows=30, bare=True)
    page = open_page(made, address=f"#sort=list&descending=false&size={size}")
    page.focus("#grid")
    page.keyboard.press("1")
    page.wait_for_selector("#tile-0 .flag:not(:empty)")
    covered = page.evaluate(
        """() => [...document.querySelectorAll(".line:not([hidden]) .tile")].filter((tile) => {
           const { answer, badge, flag } = tile.parts;
           const number = document.createRange();
           number.setStart(answer.firstChild, 0);
           number.setEnd(answer.firstChild, answer.textContent.indexOf(" "));
           const { left, right, top, bottom } = number.getBoundingClientRect();
           const isBeside = (box) => box.right <= left || box.left >= right || box.bottom <= top || box.top >= bottom;
           return right > answer.getBoundingClientRect().right ||
             ![badge, flag].every((other) => isBeside(other.getBoundingClientRect())); }).length"""
    )
    assert covered == 0
    badge, answer = (page.locator(f"#tile-0 .{part}").bounding_box() for part in ("badge", "answer"))
    assert abs(badge["y"] + badge["height"] / 2 - answer["y"] - answer["height"] / 2) < 4
