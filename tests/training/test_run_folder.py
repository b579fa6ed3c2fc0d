"""What makes a folder a run, besides its weights."""

from __future__ import annotations

from pathlib import Path

from radiobundle.training.run_folder import copy_description


def test_the_description_of_a_run_goes_with_other_weights_of_its_training(tmp_path: Path) -> None:
    run, weights, target = tmp_path / "run", tmp_path / "elsewhere", tmp_path / "run/snapshots/epoch002"
    for path in (run / "run.json", run / "code/mynet.py", run / "history.csv", weights / "pretrained.json",
                 weights / "pixels.npz", weights / "model.pt", weights / "thresholds.json"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    copy_description(run, weights, target)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert found == ["code/mynet.py", "models/pixels.npz", "models/pretrained.json", "run.json"]
