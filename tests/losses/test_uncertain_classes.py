"""Three classes a label: negative, positive, uncertain."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from radiobundle.losses import UncertainClassesLoss
from radiobundle.networks import LogOdds, UncertainClasses


def test_loss_is_the_cross_entropy_of_the_three_classes() -> None:
    logits = torch.randn(5, 3, 2)  # images, classes, labels
    classes = torch.tensor([[0, 1], [1, 2], [2, 0], [1, 1], [0, 2]])
    targets = torch.tensor([0.0, 1.0, -2.0])[classes]
    expected = functional.cross_entropy(logits, classes)
    torch.testing.assert_close(UncertainClassesLoss()(logits.flatten(1), targets), expected)


def test_evaluation_counts_certain_labels_only() -> None:
    logits, targets = torch.tensor([[2.0, 9.0]]), torch.tensor([[1.0, -2.0]])
    expected = functional.binary_cross_entropy_with_logits(logits[:, 0], targets[:, 0])
    torch.testing.assert_close(UncertainClassesLoss()(logits, targets), expected)


def test_probability_is_that_of_positive_against_negative() -> None:
    logits = torch.randn(4, 3, 2)
    expected = logits[:, :2].softmax(1)[:, 1]
    torch.testing.assert_close(LogOdds()(logits.flatten(1)).sigmoid(), expected)


def test_network_shows_one_logit_a_label_outside_of_training() -> None:
    network = UncertainClasses(nn.Linear(3, 6))
    images = torch.randn(2, 3)
    all_three = network.train()(images)
    torch.testing.assert_close(network.eval()(images), LogOdds()(all_three))


def test_list_without_uncertain_labels_is_refused() -> None:
    UncertainClassesLoss([{"label": [0, -2]}])
    with pytest.raises(ValueError, match="no label of the 1 training images is uncertain"):
        UncertainClassesLoss([{"label": [0, -1]}])
