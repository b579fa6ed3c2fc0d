"""Batch normalisation folded into convolutions: the same numbers, found where it is safe, and never out of date."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from monai.networks.nets import DenseNet121, EfficientNetBN, resnet18
from torch import nn

from radiobundle.networks.cascade import chain_stages
from radiobundle.networks.efficientnet_lite import efficientnet_lite0
from radiobundle.networks.folding import FoldedBatchNorm
from radiobundle.networks.memory_format import use_channels_last


def small() -> nn.Sequential:
    layers = (nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    return nn.Sequential(*layers)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "resnet18": lambda: resnet18(spatial_dims=2, n_input_channels=1, num_classes=3),
    "densenet121": lambda: DenseNet121(spatial_dims=2, in_channels=1, out_channels=3),
    "efficientnet_b0": lambda: EfficientNetBN("efficientnet-b0", False, spatial_dims=2, in_channels=1, num_classes=3),
    "efficientnet_lite0": lambda: efficientnet_lite0(num_classes=3),
    "cascade": lambda: chain_stages(
        nn.Sequential(*small(), nn.Linear(2, 2)),
        labels=["normal", "viral", "bacterial"],
        stage2_labels=["viral", "bacterial"],
    ),
}
IMAGES = torch.rand(2, 1, 64, 64)


def settled(network: nn.Module) -> nn.Module:
    """Return a network in evaluation mode whose batch normalisations all do something."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                assert value is not None
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return use_channels_last(network.eval())


def within(folded: FoldedBatchNorm, network: nn.Module) -> torch.Tensor:
    with torch.inference_mode(), folded.applied():
        logits: torch.Tensor = network(IMAGES)
    return logits


def outside(network: nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = network(IMAGES)
    return logits


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_are_the_same_and_the_network_is_left_as_it_was(name: str) -> None:
    network = settled(NETWORKS[name]())
    before, kept = outside(network), {key: value.clone() for key, value in network.state_dict().items()}
    folded = FoldedBatchNorm(network)
    assert folded.pairs and not folded.reason
    torch.testing.assert_close(within(folded, network), before, rtol=1e-4, atol=1e-4 * float(before.abs().max()))
    assert torch.equal(outside(network), before)
    assert all(torch.equal(value, kept[key]) for key, value in network.state_dict().items())
    assert not any("forward" in module.__dict__ for module in network.modules())


def test_every_batch_normalisation_after_a_convolution_is_found() -> None:
    network = resnet18(spatial_dims=2, n_input_channels=1, num_classes=3)
    assert len(FoldedBatchNorm(network).pairs) == sum(
        isinstance(module, nn.BatchNorm2d) for module in network.modules()
    )


def test_weights_are_in_the_precision_that_is_asked_for() -> None:
    network = settled(small())
    with FoldedBatchNorm(network, torch.bfloat16).applied():
        assert network[0].weight.dtype == network[0].bias.dtype == torch.bfloat16  # type: ignore[union-attr]
    assert network[0].weight.dtype == torch.float32 and network[0].bias is not None


@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen statistics"])
def test_step_of_a_fused_optimizer_is_noticed(frozen: bool) -> None:
    network = settled(small())
    folded = FoldedBatchNorm(network)
    before = within(folded, network)
    optimizer = torch.optim.AdamW(network[:1].parameters() if frozen else network.parameters(), 0.1, fused=True)
    network.train(not frozen)(IMAGES).sum().backward()
    optimizer.step()
    after = within(folded, network.eval())
    assert not torch.allclose(after, before)
    torch.testing.assert_close(after, outside(network), rtol=1e-4, atol=1e-5)


def test_loaded_and_replaced_weights_are_noticed() -> None:
    network, other = settled(small()), settled(small())
    folded = FoldedBatchNorm(network)
    within(folded, network)
    for assign in (False, True):
        network.load_state_dict({key: value * 2 for key, value in other.state_dict().items()}, assign=assign)
        torch.testing.assert_close(within(folded, network), outside(network), rtol=1e-4, atol=1e-5)


class ReadTwice(nn.Module):
    """The convolution's output is needed without normalisation as well."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.normalisation = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        between: torch.Tensor = self.convolution(images)
        return between + self.normalisation(between)


class UsedTwice(nn.Module):
    """One convolution, with and without normalisation after it."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.normalisation = nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.convolution(self.normalisation(self.convolution(images)))
        return logits


class Scaled(nn.BatchNorm2d):
    """A normalisation that does more than PyTorch's."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(input)


class Own(nn.Module):
    """A forward pass that depends on its data."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(images if images.mean() > 0 else -images)
        return logits


@pytest.mark.parametrize(
    "network",
    [
        ReadTwice(),
        UsedTwice(),
        nn.Sequential(nn.Conv2d(1, 2, 3), Scaled(2)),
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2, track_running_stats=False)),
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)),
    ],
    ids=["output read twice", "layer used twice", "own subclass", "no statistics", "something between"],
)
def test_what_is_not_safe_is_not_folded(network: nn.Module) -> None:
    folded = FoldedBatchNorm(network.eval())
    assert not folded.pairs and not folded.reason
    assert torch.equal(within(folded, network), outside(network))


def test_network_that_cannot_be_traced_runs_as_it_is() -> None:
    network = settled(Own())
    folded = FoldedBatchNorm(network)
    assert not folded.pairs and "TraceError" in folded.reason
    assert torch.equal(within(folded, network), outside(network))


def test_hook_between_the_layers_sees_what_it_would_without_folding() -> None:
    network = settled(small())
    folded = FoldedBatchNorm(network)
    seen: list[torch.Tensor] = []
    handle = network[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    within(folded, network)
    outside(network)
    assert torch.equal(*seen)
    handle.remove()
    network[2].register_forward_hook(lambda module, inputs, output: seen.append(output))
    within(folded, network)
    outside(network)
    torch.testing.assert_close(*seen[2:], rtol=1e-4, atol=1e-5)


def test_error_within_leaves_the_network_as_it_was() -> None:
    network = settled(small())
    before = outside(network)
    with pytest.raises(RuntimeError, match="channels"), FoldedBatchNorm(network).applied():
        network(torch.rand(1, 5, 64, 64))
    assert torch.equal(outside(network), before)
