from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Engine, Events
from monai.engines import IterationEvents
from torch.utils.data import TensorDataset

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.evaluation.metrics.scorer import epoch_scores
from radiobundle.handlers import EpochLoss, EpochScores, TrainingCheckpoint
from radiobundle.images.statistics import measure_pixels
from radiobundle.networks import CheckpointError
from radiobundle.training import eval_loader


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    return make_blob_list(tmp_path)


def history(paths: dict[str, str]) -> pd.DataFrame:
    return pd.read_csv(Path(paths["output_dir"]) / "history.csv").drop(columns="seconds")


def weights(paths: dict[str, str], name: str = "model.pt") -> Any:
    return torch.load(Path(paths["output_dir"]) / "models" / name, weights_only=True)


def test_resumed_run_equals_the_uninterrupted_one(paths: dict[str, str], tmp_path: Path) -> None:
    other = {**paths, "output_dir": paths["output_dir"] + "-whole"}
    run_bundle("train", **TINY, **other, max_epochs=4, deterministic=True)
    overlay = tmp_path / "interrupt.json"
    overlay.write_text(json.dumps({"+train#handlers": [{"_target_": "test_handlers.InterruptAt", "iteration": 5}]}))
    with pytest.raises(KeyboardInterrupt):
        run_bundle("train", str(overlay), **TINY, **paths, max_epochs=4, deterministic=True)
    assert len(history(paths)) == 2
    run_bundle("train", **TINY, **paths, max_epochs=4, deterministic=True, resume=True)
    pd.testing.assert_frame_equal(history(paths), history(other))
    for key, value in weights(other, "last.pt")["network"].items():
        assert torch.equal(value, weights(paths, "last.pt")["network"][key]), key
    for key, value in weights(other).items():
        assert torch.equal(value, weights(paths)[key]), key


class InterruptAt:
    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        if engine.state.iteration == self.iteration:
            raise KeyboardInterrupt


def test_run_leaves_history_curves_manifest_and_both_checkpoints(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=2)
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
    assert (checkpoint.best_epoch, checkpoint.best_metric) == (3, 0.9)


def test_epoch_scores_are_the_report_s_scores_of_all_batches() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (30, 2)).astype(np.int8)
    probabilities = rng.random((30, 2))
    engine = Engine(
        lambda _, rows: {
            "pred": torch.tensor(probabilities[rows]),
            "label": torch.tensor(truth[rows], dtype=torch.float32),
        }
    )
    EpochScores("multilabel").attach(engine, "auroc")
    state = engine.run([slice(0, 7), slice(7, 20), slice(20, 30)])
    assert state.metrics == pytest.approx(epoch_scores(truth, probabilities, task="multilabel"))


def test_epoch_loss_weighs_batches_by_their_size() -> None:
    def step(engine: Engine, batch: tuple[float, int]) -> dict[str, torch.Tensor]:
        engine.state.output = {"loss": torch.tensor(batch[0]), "label": torch.zeros(batch[1], 1)}
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        return engine.state.output

    engine = Engine(step)
    engine.register_events(*IterationEvents)
    EpochLoss().attach(engine)
    assert engine.run([(1.0, 3), (2.0, 1)]).metrics["loss"] == pytest.approx(1.25)


def score_a_share(rank: int, folder: str) -> None:
    torch.distributed.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=2)
    rng = np.random.default_rng(0)
    truth, probabilities = rng.integers(0, 2, (13, 2)), rng.random((13, 2))

    def step(engine: Engine, rows: tuple[torch.Tensor]) -> dict[str, torch.Tensor]:
        label = torch.tensor(truth[rows[0]], dtype=torch.float32)
        engine.state.output = {"pred": torch.tensor(probabilities[rows[0]]), "label": label, "loss": label.mean()}
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        return engine.state.output

    engine = Engine(step)
    engine.register_events(*IterationEvents)
    EpochScores("multilabel").attach(engine, "auroc")
    EpochLoss().attach(engine)
    loader = eval_loader(TensorDataset(torch.arange(13)), batch_size=4)
    assert sum(len(rows[0]) for rows in loader) == (7, 6)[rank]
    metrics = engine.run(loader).metrics
    expected = {**epoch_scores(truth.astype(np.int8), probabilities, task="multilabel"), "loss": truth.mean()}
    assert metrics == pytest.approx(expected), (metrics, expected)
    images = torch.tensor(rng.integers(0, 256, (13, 1, 4, 4)), dtype=torch.uint8)
    shared, whole = measure_pixels([images[rank::2]]), images.double() / 255
    torch.testing.assert_close(shared.average, whole.mean(0).float())
    torch.testing.assert_close(shared.std, whole.std(correction=0)[None].float())
    torch.distributed.destroy_process_group()


def test_two_processes_with_uneven_shares_score_every_image_once(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(score_a_share, args=(str(tmp_path),), nprocs=2)


def test_losses_are_recorded_every_few_iterations_and_after_resuming(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=2, loss_interval=1)
    run_bundle("train", **TINY, **paths, max_epochs=3, loss_interval=1, resume=True)
    output = Path(paths["output_dir"])
    losses, history = pd.read_csv(output / "losses.csv"), pd.read_csv(output / "history.csv")
    per_epoch = 18 // 8
    assert losses["iteration"].tolist() == list(range(1, 3 * per_epoch + 1))
    np.testing.assert_allclose(losses["val_loss"][per_epoch - 1 :: per_epoch], history["val_loss"], rtol=1e-5)
    averaged = losses["train_loss"].to_numpy().reshape(3, per_epoch).mean(1)
    np.testing.assert_allclose(averaged, history["train_loss"], rtol=1e-5)
    assert (output / "losses.png").stat().st_size > 0


def test_no_losses_file_without_an_interval(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    assert not (Path(paths["output_dir"]) / "losses.csv").exists()


def test_pretrained_weights_start_a_run_but_not_a_resumed_one(paths: dict[str, str]) -> None:
    resnet = {
        **{key: value for key, value in TINY.items() if key != "network_def"},
        "learning_rate": 0.0,
        "weight_decay": 0.0,
    }
    first = {**paths, "output_dir": paths["output_dir"] + "-first"}
    run_bundle("train", **resnet, **first, max_epochs=1, seed=1)
    source = Path(first["output_dir"]) / "models" / "model.pt"
    run_bundle("train", **resnet, **paths, max_epochs=1, pretrained=str(source))
    loaded = torch.load(Path(paths["output_dir"]) / "models" / "model.pt", weights_only=True)
    original = torch.load(source, weights_only=True)
    torch.testing.assert_close(loaded["layer4.0.conv1.weight"], original["layer4.0.conv1.weight"])
    run_bundle("train", **resnet, **paths, max_epochs=2, pretrained="/no/such/file", resume=True)
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **resnet, **paths, max_epochs=1, pretrained="/no/such/file")
    assert "/no/such/file: no such file; name a state dict with --pretrained FILE" in str(caught.value.__cause__)
