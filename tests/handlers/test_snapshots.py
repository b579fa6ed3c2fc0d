"""Snapshots: a run for each cycle, also after a kill between the checkpoint and the snapshot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from bundle_runs import TINY, run_bundle, weights
from radiobundle.handlers.snapshots import SnapshotWriter, snapshot_runs
from radiobundle.models.trained import load_model


def test_every_cycle_ends_with_a_run_of_its_own(paths: dict[str, str]) -> None:
    output = Path(paths["output_dir"])
    options = {**TINY, **paths, "cycle_epochs": 2, "early_stop_patience": 9, "deterministic": True}
    run_bundle("train", "recipes/snapshots", **options, max_epochs=2)
    [first] = snapshot_runs(output)
    (first / "models/model.pt").unlink()  # as if it had been killed before the snapshot was written
    assert snapshot_runs(output) == []
    run_bundle("train", "recipes/snapshots", **options, max_epochs=4, resume=True)
    runs = snapshot_runs(output)
    assert [run.name for run in runs] == ["epoch002", "epoch004"]
    last = weights(paths, "last.pt")["network"]
    for key, value in load_model(runs[1]).network.state_dict().items():
        assert torch.equal(value, last[key]), key
    assert load_model(runs[0]).sha256 != load_model(runs[1]).sha256
    run_bundle("train", **TINY, **paths, max_epochs=1)  # another run in the same folder
    assert snapshot_runs(output) == [] and len(snapshot_runs(output / "previous-1")) == 2


def test_nothing_is_kept_within_a_cycle_or_without_a_number(tmp_path: Path) -> None:
    network = torch.nn.Linear(1, 1)
    engine: Any = SimpleNamespace(state=SimpleNamespace(epoch=3))
    SnapshotWriter(network, 2, output_dir=tmp_path, ckpt_dir=tmp_path)(engine)
    assert snapshot_runs(tmp_path) == []
    with pytest.raises(ValueError, match="snapshot_epochs must be 1 or more"):
        SnapshotWriter(network, 0, output_dir=tmp_path, ckpt_dir=tmp_path)
