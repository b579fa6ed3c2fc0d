"""A finished training tells TensorBoard its settings, its best scores and how it sees the validation images."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.handlers.training_summary import best_scores, hyperparameters


def test_training_leaves_settings_scores_and_an_embedding(tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path, count=24)
    run_bundle("train", **TINY, **paths, max_epochs=2)
    summary = Path(paths["output_dir"]) / "tensorboard/summary"
    events = EventAccumulator(str(summary))
    events.Reload()
    history = pd.read_csv(Path(paths["output_dir"]) / "history.csv")
    best = history[history["kept"] == 1].iloc[-1]
    assert events.Scalars("best/val_auroc")[0].value == pytest.approx(best["val_auroc"], abs=1e-6)
    (table,) = summary.rglob("metadata.tsv")
    lines = table.read_text().splitlines()
    vectors = next(summary.rglob("tensors.tsv")).read_text().splitlines()
    assert lines[0].split("\t")[0] == "image" and len(lines) == 1 + len(vectors) > 1
    assert (Path(paths["output_dir"]) / "tensorboard/validation").is_dir()


def test_hyperparameters_are_plain_values_without_places() -> None:
    config = {"seed": 1, "ckpt_dir": "x", "device": "$torch.device('cpu')", "resume": True, "precision": "fp32"}
    assert hyperparameters(config) == {"seed": 1, "precision": "fp32"}


def test_scores_are_those_of_the_last_best_epoch(tmp_path: Path) -> None:
    table = tmp_path / "history.csv"
    assert best_scores(table) == {}
    table.write_text("epoch,val_auroc,val_f1,kept\n1,0.5,0.1,1\n2,0.7,,1\n3,0.6,0.3,0\n")
    assert best_scores(table) == {"best/val_auroc": 0.7}
