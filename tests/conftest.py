"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """Folder of the real images; the test is skipped, visibly, where RADIOBUNDLE_DATA does not name one."""
    folder = os.environ.get("RADIOBUNDLE_DATA")
    if not folder:
        pytest.skip("set RADIOBUNDLE_DATA to the folder of real images")
    return Path(folder)
