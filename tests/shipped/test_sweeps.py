"""Every sweep that ships can be planned: its recipes and overrides exist, and its rows differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bundle_runs import BUNDLES
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.sweep_file import read_sweep

SWEEPS = [path for bundle in BUNDLES for path in sorted((bundle / "sweeps").glob("*.yaml"))]


def write_list(bundle: Path, folder: Path) -> Path:
    """Write a datalist of a bundle's labels, with an image of each in every split."""
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    labels = list(metadata["network_data_format"]["outputs"]["pred"]["channel_def"].values())
    splits = {
        split: [
            {"image": f"{split}{index}.png", "label": [int(index == at) for at in range(len(labels))]}
            for index in range(len(labels))
        ]
        for split in ("training", "validation", "test")
    }
    path = folder / "datalist.json"
    path.write_text(json.dumps({"labels": labels, "task": metadata["label_task"], **splits}))
    return path


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_sweep_can_be_planned(path: Path, tmp_path: Path) -> None:
    datalist = write_list(path.parents[1], tmp_path)
    sweep = read_sweep(path, dataset_dir=tmp_path, datalist=datalist)
    plan = make_plan(sweep)
    count = len(plan.trials) // len(sweep.seeds)
    assert count > 1 and len({trial.configuration.name for trial in plan.trials}) == count
    assert len(path.read_text().partition("bundle:")[0]) > 60, "says what it is for"
