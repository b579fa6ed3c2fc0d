"""The precision of a forward pass."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from monai.inferers import SimpleInferer
from torch import nn

from radiobundle.training import AutocastInferer
from radiobundle.training.precision import choose_precision


def test_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, fp32"):
        choose_precision("half", "cpu")


def test_fp32_inferer_is_monai_s_and_bf16_is_close() -> None:
    network = nn.Linear(8, 2)
    inputs = torch.randn(4, 8)
    expected = SimpleInferer()(inputs, network)
    torch.testing.assert_close(AutocastInferer("cpu", "fp32")(inputs, network), expected)
    low = AutocastInferer("cpu", "bf16")(inputs, network)
    assert low.dtype == torch.float32 and not torch.equal(low, expected)
    torch.testing.assert_close(low, expected, atol=0.05, rtol=0.05)


def test_gradients_flow_in_training_and_not_in_evaluation() -> None:
    network = nn.Linear(8, 2)
    inferer = AutocastInferer("cpu", "bf16")
    assert inferer(torch.randn(4, 8), network.train()).requires_grad
    assert inferer(torch.randn(4, 8), network.eval()).is_inference()


def test_batch_normalisation_is_folded_in_evaluation_only() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    images = torch.rand(4, 1, 8, 8)
    plain, folding = AutocastInferer("cpu", "fp32"), AutocastInferer("cpu", "fp32", fold_batch_norm=True)
    assert torch.equal(folding(images, network.train()), plain(images, network))
    folding(images, network.eval())
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    network[1].register_forward_hook(lambda module, inputs, output: seen.append((inputs[0], output)))
    folding(images, network)
    plain(images, network)
    assert [torch.equal(*both) for both in seen] == [True, False]
    torch.testing.assert_close(folding(images, network), plain(images, network), rtol=1e-4, atol=1e-5)


def test_network_that_is_not_folded_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.normalisation = nn.BatchNorm1d(1)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if len(images) < 2:
                raise ValueError("one image is too few")
            normalised: torch.Tensor = self.normalisation(images)
            return normalised

    inferer, network = AutocastInferer("cpu", "fp32", fold_batch_norm=True), Own().eval()
    with caplog.at_level("INFO"):
        inferer(torch.ones(2, 1), network)
        inferer(torch.ones(2, 1), network)
    assert [record.message for record in caplog.records] == [
        "batch normalisation is not folded: ValueError: one image is too few"
    ]


def test_inferer_that_has_folded_a_network_can_be_copied_and_pickled() -> None:
    network, images = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).eval(), torch.rand(2, 1, 8, 8)
    inferer = AutocastInferer("cpu", "fp32", fold_batch_norm=True)
    expected = inferer(images, network)
    for other in (copy.deepcopy(inferer), pickle.loads(pickle.dumps(inferer))):
        assert torch.equal(other(images, network), expected)
