"""The command writes a ranking that a spreadsheet opens, and copies whose labels differ."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.table import Predictions


def write(folder: Path, split: str = "validation") -> Path:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (80, 1))
    probabilities = np.clip(truth * 0.8 + 0.1 + rng.normal(0, 0.05, truth.shape), 0, 1)
    truth[:4] = 1 - truth[:4]
    names = np.array([f"{index}.png" for index in range(80)])
    table = Predictions(names, None, np.full(80, split), ("mass",), truth, probabilities)
    write_predictions(folder / "predictions.csv", table)
    return folder


def test_a_ranking_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label-errors", str(write(tmp_path / "run")), "--output", str(tmp_path / "out")]) == 0
    table = pd.read_csv(tmp_path / "out/label_errors.csv")
    assert set(table["image"][:4]) == {f"{index}.png" for index in range(4)} and table["is_suspect"][0]
    assert len(table) == 80
    printed = capsys.readouterr().out
    assert "suspicious label" in printed and ".png: " in printed and "expected_errors.csv" in printed


def test_copies_with_different_labels_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        Image.fromarray(rng.integers(0, 255, (32, 32), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "c.png").write_bytes((tmp_path / "a.png").read_bytes())
    items = [{"image": f"{name}.png", "label": [label]} for name, label in (("a", 1), ("b", 0), ("c", 0))]
    content = {"labels": ["mass"], "task": "multilabel", "training": items, "validation": [], "test": []}
    (tmp_path / "list.json").write_text(json.dumps(content))
    more = ["--datalist", str(tmp_path / "list.json"), "--dataset-dir", str(tmp_path)]
    assert main(["label-errors", str(write(tmp_path / "run")), "--output", str(tmp_path / "out"), *more]) == 0
    copies = pd.read_csv(tmp_path / "out/conflicting_copies.csv")
    assert copies["images"].tolist() == ["a.png; c.png"]
    assert "1 group of copies with different labels" in capsys.readouterr().out


def test_wrong_input_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(write(tmp_path / "run", split="training"))
    assert main(["label-errors", run, "--output", str(tmp_path / "out")]) == 2
    assert "are of the training split" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert main(["label-errors", run, "--output", "x", "--datalist", "y"]) == 2
    assert "--datalist and --dataset-dir go together" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "focal-seed0")
    assert main(["label-errors", str(tmp_path / "focl-seed0"), "--output", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert "focl-seed0: no such folder or file; did you mean" in message and "focal-seed0'?" in message
