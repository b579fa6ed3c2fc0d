"""Tests of numbers."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def numbers_only(without_figures: None) -> None:
    """The figures of the reports that are made on the way stay blank."""
