"""What is looked at after each epoch."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from radiobundle.sweeps.epoch_watch import Diverged, EpochWatch, Pruned


class Engine:
    """As much of a trainer as the watch knows."""

    def __init__(self, epoch: int) -> None:
        self.state, self.ended = SimpleNamespace(epoch=epoch), False

    def terminate(self) -> None:
        self.ended = True


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    rows = {"epoch": [1, 2, 3], "train_loss": [1.0, 0.5, 0.4], "val_loss": [1.0, 0.6, float("nan")],
            "val_auroc": [0.6, 0.7, 0.5], "seconds": [40.0, 30.0, 30.0]}  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def look(history: Path, epoch: int, **options: Any) -> Engine:
    engine: Any = Engine(epoch)
    EpochWatch(history, metric="auroc", **options)(engine)
    return engine  # type: ignore[no-any-return]


def test_a_loss_that_is_no_number_is_divergence(history: Path) -> None:
    look(history, 2)
    with pytest.raises(Diverged, match="val_loss was nan in epoch 3"):
        look(history, 3)


def test_the_epoch_that_the_run_is_at_is_judged(history: Path) -> None:
    asked: list[tuple[int, float]] = []
    look(history, 2, is_hopeless=lambda epoch, score: bool(asked.append((epoch, score))))
    assert asked == [(2, 0.7)]
    with pytest.raises(Pruned):
        look(history, 1, is_hopeless=lambda epoch, score: True)
    look(history.with_name("none.csv"), 0)  # a start from the beginning


def test_training_ends_when_its_minutes_are_spent(history: Path) -> None:
    assert not look(history, 1, minutes=1).ended and look(history, 2, minutes=1).ended
