"""Weights of the classes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from radiobundle.losses import positive_fractions, positive_weights
from radiobundle.sources.chestxray14 import LABELS, read_chestxray14

TABLE_2 = (8.74, 38.82, 7.38, 4.64, 18.45, 16.84, 79.24, 20.07, 22.94, 47.74, 43.74, 64.95, 32.03, 479.52)


def test_weights_are_negatives_over_positives_without_the_ignored() -> None:
    items = [{"label": label} for label in ([1, 0, 0], [0, 0, -1], [0, 0, 1], [0, 0, 0])]
    assert positive_weights(items).tolist() == [3, 4, 2]
    with pytest.raises(ValueError, match="training split is empty"):
        positive_weights([])


@pytest.mark.real_data
def test_weights_of_the_real_table_are_those_of_table_2(real_data_dir: Path) -> None:
    table = read_chestxray14(real_data_dir / "nih_chestxray14").table
    found = positive_weights([{"label": row} for row in table[list(LABELS)].to_numpy().tolist()])
    torch.testing.assert_close(found, torch.tensor(TABLE_2), rtol=0.06, atol=0)


def test_chexnet_weighs_positives_by_the_fraction_of_negatives() -> None:
    items = [{"label": [1]}, {"label": [0]}, {"label": [0]}, {"label": [0]}, {"label": [-1]}]
    logits, targets = torch.tensor([[0.3], [0.3]]), torch.tensor([[1.0], [0.0]])
    loss = torch.nn.BCEWithLogitsLoss(
        reduction="none", weight=positive_fractions(items), pos_weight=positive_weights(items)
    )(logits, targets)
    p = torch.tensor(0.3).sigmoid()
    expected = torch.stack([-(3 / 4) * p.log(), -(1 / 4) * (1 - p).log()])
    torch.testing.assert_close(loss[:, 0], expected)


def test_soft_labels_count_on_both_sides() -> None:
    items = [{"label": [0.75]}, {"label": [0.25]}, {"label": [-2]}]
    assert positive_weights(items).tolist() == [1.0] and positive_fractions(items).tolist() == [0.5]
