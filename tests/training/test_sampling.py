"""Oversampling: which images an epoch shows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from radiobundle.training import WeightedSampler, repeat_factors, train_loader

DATASET = TensorDataset(torch.arange(1000))


def items(*labels: list[int]) -> list[dict[str, list[int]]]:
    return [{"label": label} for label in labels]


def test_repeat_factors_are_those_of_the_formula() -> None:
    rows = items(*[[0, 0]] * 79, *[[1, 0]] * 20, [1, 1])
    factors = repeat_factors(rows, threshold=0.1)
    # 21 % have the first label, 1 % the second: sqrt(0.1 / 0.01)
    np.testing.assert_allclose(factors, [1.0] * 99 + [np.sqrt(10)])


def test_ignored_labels_make_nothing_rare() -> None:
    assert repeat_factors(items([-1], [0], [1])).tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(("rows", "threshold", "match"), [([], 0.1, "empty"), (items([1]), 0, "threshold")])
def test_wrong_input_is_named(rows: list[dict[str, list[int]]], threshold: float, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        repeat_factors(rows, threshold=threshold)


def test_heavy_images_are_drawn_in_proportion() -> None:
    weights = torch.ones(1000)
    weights[:100] = 9
    drawn = Counter(WeightedSampler(DATASET, weights, num_replicas=1, rank=0))
    assert sum(drawn[index] for index in range(100)) == pytest.approx(500, abs=60)


def test_processes_share_one_draw_that_changes_with_the_epoch_only() -> None:
    def draw(rank: int, replicas: int, epoch: int) -> list[int]:
        sampler = WeightedSampler(DATASET, torch.rand(1000) * 0 + 1, num_replicas=replicas, rank=rank, seed=3)
        sampler.set_epoch(epoch)
        return list(sampler)

    whole = draw(0, 1, epoch=2)
    assert whole == draw(0, 1, epoch=2) != draw(0, 1, epoch=3)
    assert sorted(draw(0, 2, epoch=2) + draw(1, 2, epoch=2)) == sorted(whole)


def test_each_image_needs_a_positive_weight() -> None:
    for weights in (torch.ones(3), torch.zeros(1000)):
        with pytest.raises(ValueError, match="1000 training images"):
            train_loader(DATASET, batch_size=8, weights=weights)


def test_label_is_as_rare_as_among_the_images_of_which_it_is_known() -> None:
    seen = [{"label": [1]}, *({"label": [0]} for _ in range(3))]
    masked = [*seen, *({"label": [-1]} for _ in range(96))]
    alone, among = (repeat_factors(items, threshold=0.5)[0].item() for items in (seen, masked))
    assert among == alone == pytest.approx(2**0.5)
