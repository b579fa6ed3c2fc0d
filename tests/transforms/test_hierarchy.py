"""Probabilities along the tree."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from radiobundle.datalists.hierarchy import ancestors, read_hierarchy
from radiobundle.sources.chexpert_labels import COMPETITION, LABELS
from radiobundle.transforms import ChainProbabilities


@given(st.lists(st.floats(0, 1), min_size=14, max_size=14))
def test_no_child_exceeds_an_ancestor(values: list[float]) -> None:
    found = ChainProbabilities(LABELS, "chexpert")(torch.tensor([values], dtype=torch.float64))[0]
    for label in LABELS:
        for parent in ancestors(label, read_hierarchy("chexpert")):
            assert found[LABELS.index(label)] <= found[LABELS.index(parent)]


def test_grandchild_is_the_product_along_its_path() -> None:
    labels = ["Pneumonia", "Lung Opacity", "Consolidation"]
    found = ChainProbabilities(labels, "chexpert")(torch.tensor([[0.5, 0.8, 0.5]]))
    torch.testing.assert_close(found, torch.tensor([[0.2, 0.8, 0.4]]))


def test_ancestor_that_is_no_label_is_passed_over() -> None:
    found = ChainProbabilities(["Pneumonia", "Lung Opacity"], "chexpert")(torch.tensor([[0.5, 0.8]]))
    torch.testing.assert_close(found, torch.tensor([[0.4, 0.8]]))


def test_labels_without_a_family_are_refused() -> None:
    with pytest.raises(ValueError, match="none of Atelectasis"):
        ChainProbabilities(COMPETITION, "chexpert")
