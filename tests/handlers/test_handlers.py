"""What the handlers of a training leave behind."""

from __future__ import annotations

import json
from pathlib import Path

from bundle_runs import TINY, history, run_bundle


def test_run_leaves_history_curves_manifest_and_both_checkpoints(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=2, figures="curves")
    output = Path(paths["output_dir"])
    for name in ("history.csv", "curves.png", "run.json", "models/model.pt", "models/last.pt"):
        assert (output / name).stat().st_size > 0, name
    assert list(output.glob("tensorboard/train/events*")) and list(output.glob("tensorboard/validation/events*"))
    manifest = json.loads((output / "run.json").read_text())
    assert manifest["config"]["max_epochs"] == 2
    assert manifest["versions"]["monai"] and len(manifest["datalist"]["sha256"]) == 64
    columns = set(history(paths))
    assert {
        f"{part}_{name}" for part in ("train", "val") for name in ("loss", "precision", "recall", "auroc")
    } < columns
