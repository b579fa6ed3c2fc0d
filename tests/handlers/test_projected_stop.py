"""Stopping when the learning curve promises less than its noise."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from bundle_runs import TINY, history, run_bundle
from radiobundle.handlers import ProjectedStop

RISING = [0.5 + 0.04 * epoch for epoch in range(8)]
FLAT = [0.5, 0.7, 0.79, 0.81, 0.8, 0.81, 0.8, 0.81]


def stops(folder: Path, scores: list[float], *, metric: str = "auroc", max_epochs: int = 20) -> bool:
    pd.DataFrame({"epoch": range(1, len(scores) + 1), f"val_{metric}": scores}).to_csv(folder / "history.csv")
    ended: list[bool] = []
    state = SimpleNamespace(epoch=len(scores), max_epochs=max_epochs)
    engine: Any = SimpleNamespace(state=state, terminate=lambda: ended.append(True))
    ProjectedStop(output_dir=folder, key_metric=metric, after=5)(engine)
    return bool(ended)


def test_flat_curve_ends_the_training(tmp_path: Path) -> None:
    assert stops(tmp_path, FLAT)


def test_rising_curve_does_not(tmp_path: Path) -> None:
    assert not stops(tmp_path, RISING)


def test_a_loss_is_better_when_lower(tmp_path: Path) -> None:
    assert stops(tmp_path, [-score for score in FLAT], metric="loss")
    assert not stops(tmp_path, [-score for score in RISING], metric="loss")


def test_last_epoch_and_early_epochs_are_left_alone(tmp_path: Path) -> None:
    assert not stops(tmp_path, FLAT, max_epochs=8)
    assert not stops(tmp_path, FLAT[:4])


def test_too_early_a_stop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop_when_flat must be at least 5"):
        ProjectedStop(output_dir=tmp_path, after=3)


def test_run_that_learns_nothing_stops_and_stays_stopped(paths: dict[str, str]) -> None:
    options = {**TINY, **paths, "learning_rate": 0.0, "weight_decay": 0.0, "stop_when_flat": 5, "warmup_epochs": 0}
    run_bundle("train", **options, max_epochs=30, early_stop_patience=None)
    ended = len(history(paths))
    assert 5 <= ended < 12
    run_bundle("train", **options, max_epochs=30, early_stop_patience=None, resume=True)
    assert len(history(paths)) == ended
