"""Scores and losses of an epoch, over batches and processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.engines import IterationEvents
from torch.utils.data import TensorDataset

from bundle_runs import run_in_two_processes
from radiobundle.evaluation.metrics.scorer import epoch_scores
from radiobundle.handlers import EpochLoss, EpochScores
from radiobundle.images.statistics import measure_pixels
from radiobundle.training import eval_loader


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


def test_diverged_network_has_no_scores() -> None:
    scores = epoch_scores(np.array([[1], [0], [0]]), np.array([[np.nan], [0.2], [0.6]]), task="multilabel")
    assert np.isnan(list(scores.values())).all()


def test_epoch_loss_weighs_batches_by_their_size() -> None:
    def step(engine: Engine, batch: tuple[float, int]) -> dict[str, torch.Tensor]:
        engine.state.output = {"loss": torch.tensor(batch[0]), "label": torch.zeros(batch[1], 1)}
        engine.fire_event(IterationEvents.LOSS_COMPLETED)
        return engine.state.output

    engine = Engine(step)
    engine.register_events(*IterationEvents)
    EpochLoss().attach(engine)
    assert engine.run([(1.0, 3), (2.0, 1)]).metrics["loss"] == pytest.approx(1.25)


def score_one_rank(rank: int, folder: str) -> None:
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
    run_in_two_processes(score_one_rank, str(tmp_path))
