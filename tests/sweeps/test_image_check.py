"""A sweep whose images are not there is refused before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radiobundle.sweeps.image_check import require_images
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.run import SweepRun
from radiobundle.sweeps.sweep_file import read_sweep


def test_images_that_are_there_are_enough(sweep_file: Any) -> None:
    require_images(make_plan(read_sweep(sweep_file())))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gone", "no such folder"),
        ("datalist.json", "no such folder"),
        (".", "no such image .training of datalist.json."),
        ({"nih": "images"}, "names no folder for"),
    ],
)
def test_a_wrong_folder_is_named_and_nothing_is_begun(
    sweep_file: Any, tmp_path: Path, given: Any, message: str
) -> None:
    plan = make_plan(read_sweep(sweep_file(dataset_dir=given)))
    with pytest.raises(ValueError, match=message):
        SweepRun(plan, tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
