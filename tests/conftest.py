"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import matplotlib
import pytest

from bundle_runs import make_chestxray14_list

matplotlib.use("Agg")
hypothesis.settings.register_profile("busy machine", deadline=None)  # how long an example takes proves nothing
hypothesis.settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """Folder of the real images; the test is skipped, visibly, where RADIOBUNDLE_DATA does not name one."""
    folder = os.environ.get("RADIOBUNDLE_DATA")
    if not folder:
        pytest.skip("set RADIOBUNDLE_DATA to the folder of real images")
    return Path(folder)


@pytest.fixture(scope="session")
def chestxray14_list(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Overrides that name a small phantom in the NIH's layout, its datalist and its store."""
    return make_chestxray14_list(tmp_path_factory.mktemp("chestxray14"))
