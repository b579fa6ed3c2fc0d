"""Tests of numbers: figures of the reports that they make stay blank."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bundle_runs import blank_figures


@pytest.fixture(autouse=True)
def numbers_only() -> Iterator[None]:
    """See `blank_figures`."""
    with blank_figures():
        yield
