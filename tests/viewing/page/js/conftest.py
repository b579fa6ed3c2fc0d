"""A real Chromium for the tests of the page; what they open must stay free of errors and away from the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browsers import find_browser, launched
from made_up_view import MadeUp, write_made_up

LOCAL = ("file:", "data:", "blob:")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the tests of a module."""
    pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium or Chrome is installed")
    with launched(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    """300 images with three labels that may occur together, from two runs."""
    names = {0: "<img src=x onerror=document.title='broken'>.png", 1: 'quote"s, commas\u2028 and <b>bold</b>.png'}
    return write_made_up(tmp_path_factory.mktemp("findings"), runs=2, names=names)


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    """200 images of three exclusive classes."""
    return write_made_up(
        tmp_path_factory.mktemp("classes"), rows=200, labels=("normal", "covid", "other"), task="multiclass"
    )


@pytest.fixture(scope="module")
def usual_page(browser: Any) -> Any:
    """The page object that most tests of a module share, one after the other."""
    return _new_page(browser)


def _new_page(browser: Any, **options: Any) -> Any:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    context.set_default_timeout(60_000)  # a busy machine proves nothing
    return context.new_page()


@pytest.fixture
def open_page(browser: Any, usual_page: Any) -> Iterator[Callable[..., Any]]:
    """Function that opens the page of a made-up folder, at an address, maybe with a script that runs first.

    The first page of a test that asks for nothing unusual is the module's, without anything in its storage.
    """
    problems: list[str] = []
    opened: list[Any] = []
    handlers = {
        "console": lambda message: message.type == "error" and problems.append(message.text),
        "pageerror": lambda error: problems.append(str(error)),
        "request": lambda request: request.url.startswith(LOCAL) or problems.append(f"request to {request.url}"),
    }

    def open_it(made: MadeUp, *, address: str = "", script: str = "", **options: Any) -> Any:
        is_usual = not opened and not script and not options
        page = usual_page if is_usual else _new_page(browser, **options)
        opened.append(page)
        for event, handler in handlers.items():
            page.on(event, handler)
        if script:
            page.add_init_script(script)
        page.goto(made.page + address)
        page.wait_for_selector("body.complete")
        return page

    yield open_it
    for page in opened:
        for event, handler in handlers.items():
            page.remove_listener(event, handler)
        if page is usual_page:
            page.evaluate("localStorage.clear()")
            page.emulate_media(media="screen")
            page.goto("about:blank")
        else:
            page.context.close()
    assert problems == []


@pytest.fixture
def shown() -> Callable[[Any], list[int]]:
    """Function of a page that returns the rows of its grid, in order."""
    return lambda page: page.evaluate("[...radiobundleView.grid.rows()]")


@pytest.fixture
def folder_of(tmp_path: Path) -> Path:
    """An empty folder for a page of a single test."""
    return tmp_path / "page"
