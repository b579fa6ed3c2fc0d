"""The log line of an epoch."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ignite.engine import Engine

from radiobundle.handlers import RunHistory


def run_epoch(tmp_path: Path, *, key_metric: str, train: float, **validation: float) -> None:
    validator: Any = SimpleNamespace(state=SimpleNamespace(metrics=validation))
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
    history = RunHistory(validator=validator, optimizer=optimizer, output_dir=tmp_path, key_metric=key_metric)
    engine: Any = Engine(lambda *_: None)
    history.start_epoch(engine)
    engine.state.epoch, engine.state.max_epochs, engine.state.metrics = 1, 1, {"loss": train}
    history(engine)


@pytest.mark.parametrize(
    ("metric", "says"),
    [("auroc", "train loss 0.5000, val loss 0.4000, val auroc 0.9000;"), ("loss", "0.5000, val loss 0.4000; ")],
)
def test_every_number_is_said_once(metric: str, says: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        run_epoch(tmp_path, key_metric=metric, train=0.5, loss=0.4, auroc=0.9)
    assert says in caplog.text and "diverged" not in caplog.text


def test_diverged_training_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run_epoch(tmp_path, key_metric="auroc", train=float("nan"), loss=float("nan"), auroc=float("nan"))
    assert "the training has diverged" in caplog.text and "lower --learning_rate" in caplog.text
