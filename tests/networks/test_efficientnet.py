"""MONAI's EfficientNet computes what torchvision's does, to the last bit, or is known not to."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import EfficientNetBN
from torch import nn
from torch.nn import functional

from network_cases import EFFICIENTNET_B0, torchvision_efficientnet_b0_state
from radiobundle.networks import torchvision_efficientnet
from radiobundle.networks.efficientnet import difference_from
from radiobundle.networks.layouts import find_layout

State = dict[str, torch.Tensor]


def convolve(maps: torch.Tensor, state: State, name: str, stride: int = 1) -> torch.Tensor:
    """Padding by half of the kernel, and batch normalisation with torch's eps, as torchvision has them."""
    weight = state[f"{name}.0.weight"]
    groups = maps.shape[1] // weight.shape[1]
    maps = functional.conv2d(maps, weight, stride=stride, padding=weight.shape[-1] // 2, groups=groups)
    statistics = (state[f"{name}.1.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(maps, *statistics, eps=1e-5)


def squeeze(maps: torch.Tensor, state: State, name: str) -> torch.Tensor:
    scale = functional.adaptive_avg_pool2d(maps, 1)
    scale = functional.silu(functional.conv2d(scale, state[f"{name}.fc1.weight"], state[f"{name}.fc1.bias"]))
    return maps * functional.conv2d(scale, state[f"{name}.fc2.weight"], state[f"{name}.fc2.bias"]).sigmoid()


def compute_b0(images: torch.Tensor, state: State) -> torch.Tensor:
    """EfficientNet-B0 after torchvision's names and hyper-parameters, function by function."""
    maps = functional.silu(convolve(images, state, "features.0", stride=2))
    for stage, (expansion, _, stride, _, blocks) in enumerate(EFFICIENTNET_B0, start=1):
        for block in range(blocks):
            name, step, before = f"features.{stage}.{block}.block", int(expansion > 1), maps
            if expansion > 1:
                maps = functional.silu(convolve(maps, state, f"{name}.0"))
            maps = functional.silu(convolve(maps, state, f"{name}.{step}", stride if block == 0 else 1))
            maps = convolve(squeeze(maps, state, f"{name}.{step + 1}"), state, f"{name}.{step + 2}")
            maps = maps + before if block > 0 else maps
    features = functional.adaptive_avg_pool2d(functional.silu(convolve(maps, state, "features.8")), 1)
    return functional.linear(features.flatten(1), state["classifier.1.weight"], state["classifier.1.bias"])


def loaded(network: nn.Module, state: State) -> nn.Module:
    names = find_layout(network.state_dict(), state).names
    network.load_state_dict({names[name]: value for name, value in state.items()})
    return network.eval()


@pytest.mark.parametrize("size", [64, 75])
def test_logits_are_torchvisions(size: int) -> None:
    state = torchvision_efficientnet_b0_state(classes=5)
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = compute_b0(images, state)
        ours = loaded(torchvision_efficientnet("efficientnet-b0", in_channels=3, num_classes=5), state)
        torch.testing.assert_close(ours(images), expected, rtol=0, atol=0)
        stock = loaded(EfficientNetBN("efficientnet-b0", pretrained=False, num_classes=5), state)
        assert (stock(images) - expected).abs().max() > 0.01 * expected.abs().max()


@pytest.mark.parametrize(("number", "eps", "momentum"), [(0, 1e-5, 0.1), (4, 1e-5, 0.1), (5, 1e-3, 0.01)])
def test_batch_normalisation_is_that_of_the_size(number: int, eps: float, momentum: float) -> None:
    network = torchvision_efficientnet(f"efficientnet-b{number}")
    norms = {(module.eps, module.momentum) for module in network.modules() if isinstance(module, nn.BatchNorm2d)}
    assert norms == {(eps, momentum)}


def test_difference_names_what_differs_and_the_fix() -> None:
    ours, stock = torchvision_efficientnet("efficientnet-b0"), EfficientNetBN("efficientnet-b0", pretrained=False)
    assert difference_from(ours, "torchvision") == difference_from(stock, "EfficientNet-PyTorch") == ""
    assert difference_from(nn.Conv2d(1, 1, 3), "torchvision") == ""
    assert difference_from(stock, "torchvision").endswith(
        "(padding by the model's image size instead of by half of each kernel, batch-norm eps 0.001 instead of 1e-05); "
        "build it with radiobundle.networks.torchvision_efficientnet"
    )
    assert difference_from(ours, "EfficientNet-PyTorch").endswith("build it with monai.networks.nets.EfficientNetBN")


def test_right_eps_alone_is_not_enough() -> None:
    network = EfficientNetBN("efficientnet-b0", pretrained=False, norm=("batch", {"eps": 1e-5}))
    difference = difference_from(network, "torchvision")
    assert "padding" in difference and "eps" not in difference


@pytest.mark.parametrize("name", ["efficientnet-b8", "efficientnet_b4"])
def test_name_that_torchvision_lacks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"`model_name` '{name}' is unknown.*did you mean 'efficientnet-b"):
        torchvision_efficientnet(name)
