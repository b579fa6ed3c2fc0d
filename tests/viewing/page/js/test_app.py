"""The page as a whole: what is missing is said, not shown; light, dark, narrow and printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsers import wait_for
from made_up_view import MadeUp, write_made_up

pytestmark = pytest.mark.browser


def test_what_is_missing_is_absent_and_what_was_sampled_is_said(
    open_page: Callable[..., Any], folder_of: Path, shown: Callable[..., list[int]]
) -> None:
    page = open_page(write_made_up(folder_of, rows=50, bare=True, sampled=True))
    assert len(shown(page)) == 50 and not page.is_visible("#embedding")
    assert "Errors were added to the sample" in page.inner_text("#basis")
    page.click("#basis button")
    assert sorted(shown(page)) == list(range(0, 50, 2))
    assert page.inner_text("#basis").startswith("Rates of 25 images") and "added" not in page.inner_text("#basis")
    page.focus("#grid")
    page.keyboard.press("Enter")
    for tool in ("#pixel-tools", "#heat", "#boxes", "#nearest"):
        assert not page.is_visible(tool), tool
    assert "holds no pixels" in page.inner_text("#stage-message")
    page.keyboard.press("Escape")
    page.click("#notes")
    assert "No images were found" in page.inner_text("#about-notes")


def test_an_image_that_was_not_found_says_so(open_page: Callable[..., Any], folder_of: Path) -> None:
    page = open_page(write_made_up(folder_of, rows=20, with_images=0, missing=(3,)), address="#open=3")
    assert "pixels of this image were not found" in page.inner_text("#stage-message")
    page.keyboard.press("h")
    assert page.inner_text("#heat-label") == "none of effusion"


def test_a_folder_without_data_says_so(findings: MadeUp, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text((findings.folder / "index.html").read_text())
    for name in ("js", "view.css"):
        (tmp_path / name).symlink_to(findings.folder / name)
    page = browser.new_page()
    page.goto((tmp_path / "index.html").as_uri())
    wait_for(page, "document.getElementById('loading').textContent.includes('missing')")
    assert "data/manifest.js is missing" in page.inner_text("#loading")
    page.close()


def test_the_theme_follows_the_system_and_the_button(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 24, 29)"
    page.click("#theme")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.reload()
    page.wait_for_selector("body.complete")
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_a_narrow_screen_keeps_everything_within_reach(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, viewport={"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    for button, drawer in (("#show-filters", "#filters"), ("#show-charts", "#charts")):
        assert not page.is_visible(drawer)
        page.click(button)
        assert page.is_visible(drawer)
        page.click(button)


def test_the_selection_is_printed_with_its_filters(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    page.click("#counts [data-outcome=FN]")
    page.evaluate("window.print = () => {}")
    page.click("#print")
    page.emulate_media(media="print")
    count = page.evaluate("radiobundleView.grid.rows().length")
    assert page.locator("#paper .tile:visible").count() == count
    assert f"{count} image" in page.inner_text("#paper") and "FN" in page.inner_text("#paper")
    assert not page.is_visible("#grid")


def test_every_control_has_a_name(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings, address="#open=2")
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, select, input, textarea, canvas, [role=grid], [role=button]")]
           .filter((control) => control.checkVisibility() && !(control.labels?.length || control.textContent.trim() ||
                   control.getAttribute("aria-label") || control.title || control.closest("[aria-hidden=true]")))
           .map((control) => control.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


def test_help_lists_the_keys(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")
