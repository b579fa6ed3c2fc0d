"""A real browser for the page of `radiobundle view`: tests drive it, and measurements."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_browser() -> str | None:
    """Return the path of the first Chromium or Chrome that is installed; None without one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def launched(program: str) -> Iterator[Any]:
    """Yield a running browser, which needs the package playwright."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # tests without it are skipped

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def wait_for(page: Any, condition: str, *, timeout_s: float = 60.0) -> None:
    """Wait until a JavaScript expression holds (Playwright's own way needs `eval`, which the page forbids).

    Raises:
        TimeoutError: it does not in that time.
    """
    end = time.monotonic() + timeout_s
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        page.wait_for_timeout(20)
