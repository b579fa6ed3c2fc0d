"""Networks chained into one, each splitting a label of those before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from radiobundle.networks import Cascade, chain_stages, load_weights

LABELS = ["normal", "first", "second"]
NOTHING = torch.zeros(1, 1, 1, 1)


def constant_logits(*values: float) -> nn.Module:
    layer = nn.Linear(1, len(values))
    nn.init.zeros_(layer.weight)
    layer.bias.data = torch.tensor(values)
    return nn.Sequential(nn.Flatten(), layer)


def two_stages(*second: str, threshold: float | None = None) -> Cascade:
    stage1 = {"network": constant_logits(0.0, 1.0), "labels": ["normal", "infected"]}
    stage2 = {"network": constant_logits(2.0, 0.0), "labels": second, "refines": "infected", "threshold": threshold}
    return Cascade([stage1, stage2], labels=LABELS)  # type: ignore[list-item]


def test_cascade_multiplies_the_stages_probabilities() -> None:
    probabilities = two_stages("first", "second")(torch.zeros(5, 1, 1, 1)).softmax(1)
    infected, first = torch.tensor(1.0).sigmoid(), torch.tensor(2.0).sigmoid()
    expected = torch.stack([1 - infected, infected * first, infected * (1 - first)])
    torch.testing.assert_close(probabilities, expected.expand(5, 3))


def test_cascade_follows_the_order_of_stage_2() -> None:
    cascade = two_stages("second", "first")
    _, first, second = cascade(NOTHING).softmax(1)[0]
    assert second > first


@pytest.mark.parametrize(("threshold", "normal"), [(0.7, 0.0), (0.75, 1.0)])
def test_hard_chain_decides_at_the_threshold(threshold: float, normal: float) -> None:
    cascade = two_stages("first", "second", threshold=threshold)
    assert cascade(NOTHING).softmax(1)[0, 0].item() == pytest.approx(normal, abs=1e-6)


def test_chained_stages_hold_their_own_weights(tmp_path: Path) -> None:
    labels = ["normal", "covid", "non-covid"]
    cascade = chain_stages(constant_logits(0.0, 0.0), labels=labels, stage2_labels=["non-covid", "covid"])
    assert {name.partition(".")[0] for name in cascade.state_dict()} == {"stage1", "stage2"}
    for name, stage, values in (("one", cascade.stage1, (0.0, 1.0)), ("two", cascade.stage2, (2.0, 0.0))):
        torch.save(constant_logits(*values).state_dict(), tmp_path / name)
        load_weights(stage, tmp_path / name)  # type: ignore[arg-type]
    _, covid, other = cascade(NOTHING).softmax(1)[0]
    assert other > covid


def three_stages(*, threshold: float | None = None) -> Cascade:
    """The second stage splits the first label of three, the third one a label of the second."""
    stages: list[Any] = [
        {"network": constant_logits(0.0, 1.0, 2.0), "labels": ["lung", "heart", "normal"]},
        {"network": constant_logits(0.5, 0.0), "labels": ["other", "mass"], "refines": "lung", "threshold": threshold},
        {"network": constant_logits(1.0, 0.0), "labels": ["benign", "malign"], "refines": "mass"},
    ]
    return Cascade(stages, labels=["malign", "benign", "other", "heart", "normal"])


def test_any_label_of_any_stage_can_be_split() -> None:
    cascade = three_stages()
    malign, benign, other, heart, normal = cascade(NOTHING).softmax(1)[0].tolist()
    first = torch.tensor([0.0, 1.0, 2.0]).softmax(0).tolist()
    assert [other + malign + benign, heart, normal] == pytest.approx(first)
    assert benign / malign == pytest.approx(torch.tensor(1.0).exp().item())
    assert [cascade.part_for(label) for label in range(5)] == ["stage3", "stage3", "stage2", "stage1", "stage1"]


def test_hard_decision_against_one_label_leaves_the_others_their_odds() -> None:
    *lung, heart, normal = three_stages(threshold=0.5)(NOTHING).softmax(1)[0].tolist()
    assert sum(lung) == pytest.approx(0, abs=1e-6)
    assert [heart, normal] == pytest.approx(torch.tensor([1.0, 2.0]).softmax(0).tolist())


@pytest.mark.parametrize(
    ("second", "labels", "match"),
    [
        ({"labels": ["a", "b"], "refines": "infectd"}, ["n", "a", "b"], "stage 2 refines 'infectd'.* mean 'infected'"),
        ({"labels": ["a", "b"]}, ["n", "a", "b"], "all stages but the first must refine a label"),
        ({"labels": ["n", "b"], "refines": "infected"}, ["n", "b"], "name a label twice"),
        ({"labels": ["a", "b"], "refines": "infected"}, ["n", "a", "c"], r"yield the labels \['n', 'a', 'b'\]"),
        ({"labels": ["a", "b"], "refines": "infected", "threshold": 1.0}, ["n", "a", "b"], "between 0 and 1, got 1.0"),
    ],
)
def test_stages_that_do_not_fit_are_refused(second: dict[str, Any], labels: list[str], match: str) -> None:
    network = constant_logits(0.0, 0.0)
    stages: list[Any] = [{"network": network, "labels": ["n", "infected"]}, {"network": network, **second}]
    with pytest.raises(ValueError, match=match):
        Cascade(stages, labels=labels)
