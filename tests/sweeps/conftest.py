"""Small sweeps over thirty images, whose trials start at once, since what they need is imported here already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib.figure import Figure
from PIL import Image

from bundle_runs import PNEUMONIA, TINY, make_blob_list
from processes import START_METHOD
from radiobundle.sweeps import processes

MakeFile = Callable[..., Path]


@pytest.fixture
def sweep_file(tmp_path: Path) -> MakeFile:
    """Return what writes a sweep file of the pneumonia bundle, with its images; what is given comes over the usual."""
    make_blob_list(tmp_path)

    def write(**content: Any) -> Path:
        usual = {
            "bundle": str(PNEUMONIA),
            "dataset_dir": "images",
            "datalist": "datalist.json",
            "budget": {"epochs": 1},
        }
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump({**usual, "overrides": TINY, **content}))
        return path

    return write


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials are forks of this process, and their figures are blank."""

    def save(figure: Figure, path: Path, **options: Any) -> None:
        Image.new("L", (1, 1)).save(path)

    monkeypatch.setattr(processes, "START_METHOD", START_METHOD)
    monkeypatch.setattr(Figure, "savefig", save)
