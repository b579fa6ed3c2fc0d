"""Fixtures shared by all tests.

What needs MONAI is imported where it is used, so that tests without it start at once.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import matplotlib
import pytest

gc.disable()  # until the first test
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: a fork of a process with OpenMP's threads hangs
matplotlib.use("Agg")
hypothesis.settings.register_profile("busy machine", deadline=None)  # how long an example takes proves nothing
hypothesis.settings.load_profile("busy machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with a slow test, or a browser, go first, whole, so that no worker is left alone with one at the end."""
    slow = {
        item.path for item in items if item.get_closest_marker("slow") or "browser" in getattr(item, "fixturenames", ())
    }
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="module", autouse=True)
def imports_are_not_collected() -> Iterator[None]:
    """What a module has imported stays; to look through it again and again for garbage takes a tenth of all time."""
    gc.enable()
    gc.freeze()
    yield
    gc.collect()


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
    from bundle_runs import make_chestxray14_list

    return make_chestxray14_list(tmp_path_factory.mktemp("chestxray14"))


@pytest.fixture(scope="session")
def chexpert_list(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Overrides that name a small phantom in CheXpert's layout, its datalist of all labels and its store."""
    from bundle_runs import make_chexpert_list

    return make_chexpert_list(tmp_path_factory.mktemp("chexpert"))


@pytest.fixture(scope="session")
def mura_lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Overrides that name a small phantom in MURA's layout, a list and its store, by the recipe that it is for."""
    from bundle_runs import make_mura_list

    folder = tmp_path_factory.mktemp("mura")
    return {
        "": make_mura_list(folder, "--labels", "elbow,shoulder,wrist"),
        "all_parts": make_mura_list(folder),
        "abnormality": make_mura_list(folder, "--task", "abnormality"),
    }


@pytest.fixture(scope="session")
def fracatlas_lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Overrides that name images with FracAtlas' labels, a list and its store, by the recipe that it is for."""
    from bundle_runs import make_blob_list
    from radiobundle.sources.fracatlas import PARTS

    folder = tmp_path_factory.mktemp("fracatlas")
    return {
        "": make_blob_list(folder / "parts", labels=PARTS),
        "fracture": make_blob_list(folder / "fracture", labels=["fractured"]),
    }


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    """Overrides that name thirty small images of three classes, their datalist and an empty output folder."""
    from bundle_runs import make_blob_list

    return make_blob_list(tmp_path)


@pytest.fixture
def without_figures() -> Iterator[None]:
    """See `blank_figures`."""
    from bundle_runs import blank_figures

    with blank_figures():
        yield


@pytest.fixture
def predictions_csv(tmp_path: Path) -> Path:
    """Predictions of three exclusive classes, see `write_three_classes`."""
    from evaluation_cases import write_three_classes

    return write_three_classes(tmp_path / "run" / "predictions.csv")
