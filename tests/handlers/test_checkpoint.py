"""Checkpoints: the best epoch, resuming, stopping early."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from ignite.engine import Engine, Events

from bundle_runs import FEWER_AND_CHEAPER_STEPS, TINY, history, narrow_resnet, run_bundle, weights
from radiobundle.handlers import TrainingCheckpoint
from radiobundle.networks import CheckpointError

OPTIONS_WITH_AVERAGE: dict[str, Any] = {  # whose batch normalisation is measured
    **TINY, "network_def": narrow_resnet(8, 8, 8, 8), "image_size_px": [32, 32], "deterministic": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("recipes", "options"),
    [
        ([], {}),
        (["recipes/cyclic"], {}),
        (["recipes/schedule_free"], OPTIONS_WITH_AVERAGE),
        ([], FEWER_AND_CHEAPER_STEPS),
    ],
    ids=["default", "cyclic", "schedule-free", "fewer and cheaper steps"],
)
def test_resumed_run_equals_the_uninterrupted_one(
    paths: dict[str, str], tmp_path: Path, recipes: list[str], options: dict[str, Any]
) -> None:
    other = {**paths, "output_dir": paths["output_dir"] + "-whole"}
    options = {**TINY, **options, "max_epochs": 4, "deterministic": True}
    run_bundle("train", *recipes, **options, **other)
    overlay = tmp_path / "interrupt.json"
    overlay.write_text(json.dumps({"+train#handlers": [{"_target_": "interruption.InterruptAt", "iteration": 5}]}))
    with pytest.raises(KeyboardInterrupt):
        run_bundle("train", *recipes, str(overlay), **options, **paths)
    assert len(history(paths)) == 2
    run_bundle("train", *recipes, **options, **paths, resume=True)
    pd.testing.assert_frame_equal(history(paths), history(other))
    for key, value in weights(other, "last.pt")["network"].items():
        assert torch.equal(value, weights(paths, "last.pt")["network"][key]), key
    for key, value in weights(other).items():
        assert torch.equal(value, weights(paths)[key]), key


def test_run_resumed_for_more_epochs_goes_on_at_the_same_rate(paths: dict[str, str]) -> None:
    """The warm-up begins with a part of the rate, which is not to be taken for the whole."""
    other = {**paths, "output_dir": paths["output_dir"] + "-whole"}
    options = {**OPTIONS_WITH_AVERAGE, "warmup_epochs": 1}
    run_bundle("train", "recipes/schedule_free", **options, **other, max_epochs=3)
    run_bundle("train", "recipes/schedule_free", **options, **paths, max_epochs=2)
    run_bundle("train", "recipes/schedule_free", **options, **paths, max_epochs=3, resume=True)
    pd.testing.assert_frame_equal(history(paths), history(other))


def test_second_run_moves_the_first_one_s_checkpoints_aside(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    first = weights(paths)
    run_bundle("train", **TINY, **paths, max_epochs=1, seed=1)
    moved = weights(paths, "../previous-1/models/model.pt")
    assert all(torch.equal(value, moved[key]) for key, value in first.items())
    assert len(history(paths)) == 1


def test_resuming_with_another_network_is_refused(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    wider = {**TINY, "network_def": {**TINY["network_def"], "conv_channels": [5, 4]}}
    with pytest.raises(RuntimeError) as caught:  # MONAI wraps what an expression raises
        run_bundle("train", **wider, **paths, max_epochs=2, resume=True)
    assert isinstance(caught.value.__cause__, CheckpointError)
    assert "last.pt: its network does not fit" in str(caught.value.__cause__)


def test_no_patience_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="early_stop_patience is 0; it must be at least 1, or null"):
        TrainingCheckpoint(
            network=torch.nn.Identity(), state={}, validator=Engine(print), ckpt_dir=tmp_path, patience=0
        )  # type: ignore[arg-type]


def test_training_stops_when_patience_is_spent(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=30, learning_rate=0.0, early_stop_patience=2)
    assert len(history(paths)) == 3
    run_bundle("train", **TINY, **paths, max_epochs=30, learning_rate=0.0, early_stop_patience=2, resume=True)
    assert len(history(paths)) == 3


class FakeValidator:
    def __init__(self) -> None:
        self.state = type("State", (), {"metrics": {}, "key_metric_name": "auroc"})()


def test_model_is_kept_from_the_best_epoch_and_nan_is_never_best(tmp_path: Path) -> None:
    network = torch.nn.Linear(1, 1)
    validator = FakeValidator()
    checkpoint = TrainingCheckpoint(network=network, state={"network": network}, validator=validator, ckpt_dir=tmp_path)  # type: ignore[arg-type]
    trainer = Engine(lambda *_: None)
    values = {1: 0.7, 2: float("nan"), 3: 0.9, 4: 0.8}

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine: Engine) -> None:
        network.weight.data.fill_(engine.state.epoch)
        validator.state.metrics["auroc"] = values[engine.state.epoch]

    checkpoint.attach(trainer)
    trainer.run([0], max_epochs=4)
    assert torch.load(tmp_path / "model.pt", weights_only=True)["weight"].item() == 3
    assert (checkpoint.best_epoch, checkpoint.best) == (3, {"auroc": 0.9})


def test_unknown_key_metric_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'auroc'"):
        TrainingCheckpoint(network=torch.nn.Linear(1, 1), state={}, validator=FakeValidator(), ckpt_dir=tmp_path,  # type: ignore[arg-type]
                           key_metric="aurok")  # fmt: skip


def test_kept_epochs_of_the_history_are_those_of_the_weights(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=6, key_metric="loss")
    table = history(paths)
    best = table["val_loss"].idxmin()
    assert table["kept"].iloc[0] == 1
    assert table.index[table["kept"] == 1][-1] == best
    last = weights(paths, "last.pt")["best"]
    assert (last["epoch"], last["metrics"]["loss"]) == (best + 1, pytest.approx(table["val_loss"].min()))
