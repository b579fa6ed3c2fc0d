"""The moving average of weights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from bundle_runs import TINY, make_blob_list, run_bundle
from operator_count import OperatorCount
from radiobundle.training import WeightAverage


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))


def test_average_follows_the_formula_and_leaves_the_network_alone() -> None:
    trained = network()
    average = WeightAverage(trained, 0.5)
    expected = None
    for iteration, value in enumerate((1.0, 2.0, 4.0), start=1):
        with torch.no_grad():
            trained[0].weight.fill_(value)
        average.update(iteration)
        keep = min(0.5, (1 + iteration) / (10 + iteration))
        expected = value if expected is None else keep * expected + (1 - keep) * value
    torch.testing.assert_close(average.network[0].weight, torch.full((2, 2), expected))
    assert trained[0].weight[0, 0] == 4


def test_batch_statistics_are_averaged_too() -> None:
    trained = network()
    average = WeightAverage(trained, 0.9)
    for iteration in (1, 2, 3):
        trained(torch.randn(8, 2))
        average.update(iteration)
    assert not torch.equal(average.network[1].running_mean, trained[1].running_mean)


def test_numbers_of_batches_are_copied() -> None:
    trained = network()
    average = WeightAverage(trained, 0.9)
    for iteration in range(1, 6):
        trained(torch.randn(8, 2))
        average.update(iteration)
    assert average.network[1].num_batches_tracked == 5


def test_update_needs_no_more_operators_for_more_layers() -> None:
    def operators(layers: int) -> dict[str, int]:
        trained = nn.Sequential(*(module for _ in range(layers) for module in network()))
        average = WeightAverage(trained, 0.9)
        average.update(1)  # the first copies everything
        with OperatorCount("cpu") as count:
            average.update(2)
        return dict(count.found["others"])

    assert operators(20) == operators(1)


def test_without_decay_the_network_itself_is_validated() -> None:
    trained = network()
    average = WeightAverage(trained)
    average.update(1)
    assert average.network is trained and average.state_dict() == {}


def test_saved_average_goes_on_where_it_was() -> None:
    first, second = WeightAverage(network(), 0.9), WeightAverage(network(), 0.9)
    first.update(1)
    second.load_state_dict(first.state_dict())
    torch.testing.assert_close(second.network.state_dict(), first.network.state_dict())
    with pytest.raises(ValueError, match="another ema_decay"):
        WeightAverage(network()).load_state_dict(first.state_dict())


@pytest.mark.parametrize("decay", [0, 1, -0.5, 2])
def test_impossible_decay_is_named(decay: float) -> None:
    with pytest.raises(ValueError, match="ema_decay"):
        WeightAverage(network(), decay)


def test_averaged_run_resumes_to_the_same_weights_and_is_evaluated_by_them(tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path)
    whole, halves = ({**paths, "output_dir": str(tmp_path / name)} for name in ("whole", "halves"))
    options = {**TINY, "ema_decay": 0.9, "deterministic": True, "warmup_epochs": 0}
    constant = {"_target_": "torch.optim.lr_scheduler.ConstantLR", "optimizer": "@optimizer", "factor": 1.0}
    run_bundle("train", **options, **whole, max_epochs=4, lr_scheduler=constant)
    run_bundle("train", **options, **halves, max_epochs=2, lr_scheduler=constant)
    run_bundle("train", **options, **halves, max_epochs=4, lr_scheduler=constant, resume=True)
    states = [torch.load(tmp_path / name / "models/last.pt", weights_only=True) for name in ("whole", "halves")]
    torch.testing.assert_close(states[0]["average"], states[1]["average"])
    assert any(
        not torch.equal(value, states[0]["network"][key.removeprefix("module.")])
        for key, value in states[0]["average"].items()
        if key.startswith("module.")
    )
    run_bundle("train", "evaluate", **options, **whole, bootstrap=20, precision="fp32")
    history = pd.read_csv(tmp_path / "whole/history.csv")
    metrics = pd.read_json(tmp_path / "whole/metrics.json", typ="series")
    validated = metrics["splits"]["validation"]["overall"]["probability"]["auroc"]["value"]
    assert validated == pytest.approx(history["val_auroc"].max(), abs=0.02)
