"""What makes a folder a run, besides its weights."""

from __future__ import annotations

from pathlib import Path

from radiobundle.models.companions import COMPANIONS
from radiobundle.packaging.export import FACTS_FILE, INT8_FILE, ONNX_FILE
from radiobundle.training.run_folder import copy_description, put_aside


def test_the_description_of_a_run_goes_with_other_weights_of_its_training(tmp_path: Path) -> None:
    run, weights, target = tmp_path / "run", tmp_path / "elsewhere", tmp_path / "run/snapshots/epoch002"
    for path in (run / "run.json", run / "code/mynet.py", run / "history.csv", weights / "pretrained.json",
                 weights / "pixels.npz", weights / "model.pt", weights / "thresholds.json"):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    copy_description(run, weights, target)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert found == ["code/mynet.py", "models/pixels.npz", "models/pretrained.json", "run.json"]


def test_nothing_that_belongs_to_earlier_weights_stays_beside_new_ones(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    names = {"model.pt", "last.pt", "model.ts", ONNX_FILE, INT8_FILE, FACTS_FILE, "average.png", *COMPANIONS}
    for name in names:
        (models / name).write_text(name)
    aside = put_aside(tmp_path, models)
    assert aside is not None and {path.name for path in (aside / "models").iterdir()} == names
    assert not list(models.iterdir())
