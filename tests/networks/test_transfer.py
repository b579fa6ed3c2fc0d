"""Other libraries' layouts go into MONAI's networks key by key, or not at all."""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.networks.nets import DenseNet121, EfficientNetBN, ResNet
from torch import nn

from network_cases import torchvision_efficientnet_b0_state, write_safetensors
from radiobundle.files import file_sha256
from radiobundle.networks import efficientnet_lite0, torchvision_efficientnet
from radiobundle.networks.transfer import freeze_all_but, load_pretrained, transfer_weights
from radiobundle.networks.weights import CheckpointError


def resnet18(channels: int = 1, classes: int = 14) -> nn.Module:
    return ResNet(
        "basic",
        [2, 2, 2, 2],
        [64, 128, 256, 512],
        spatial_dims=2,
        n_input_channels=channels,
        num_classes=classes,
        conv1_t_stride=2,
        bias_downsample=False,
    )


def densenet121(channels: int = 1, classes: int = 14) -> nn.Module:
    return DenseNet121(spatial_dims=2, in_channels=channels, out_channels=classes)


def torchvision_resnet18_state() -> dict[str, torch.Tensor]:
    """Names and shapes as He et al.'s network has them in torchvision, 1,000 classes, values at random."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7)}

    def norm(name: str, width: int) -> None:
        shapes.update({f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")})

    norm("bn1", 64)
    before = 64
    for stage, width in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            shapes[f"{name}.conv1.weight"] = (width, before, 3, 3)
            shapes[f"{name}.conv2.weight"] = (width, width, 3, 3)
            norm(f"{name}.bn1", width)
            norm(f"{name}.bn2", width)
            if block == 0 and stage > 1:
                shapes[f"{name}.downsample.0.weight"] = (width, before, 1, 1)
                norm(f"{name}.downsample.1", width)
            before = width
    shapes.update({"fc.weight": (1000, 512), "fc.bias": (1000,)})
    generator = torch.Generator().manual_seed(0)
    return {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}


def densenet_state(*, dotted: bool, classes: int = 18, channels: int = 1) -> dict[str, torch.Tensor]:
    """The layout of torchvision's DenseNet121 (`norm.1` in its published files) and of torchxrayvision's (`norm1`)."""
    found = {}
    for name, value in densenet121(channels, classes).state_dict().items():
        plain = name.replace("class_layers.out.", "classifier.").replace(".layers.", ".")
        published = re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", plain) if dotted else plain
        found[published] = value
    return found


def test_resnet18_of_torchvision_goes_in_whole() -> None:
    state = torchvision_resnet18_state()
    network = resnet18()
    report = transfer_weights(network, state)
    assert report.adapted == ("conv1.weight",)
    assert report.reinitialised == ("fc.weight", "fc.bias")
    assert report.skipped == () and len(report.used) == len(state) - 2
    torch.testing.assert_close(network.state_dict()["layer4.1.bn2.running_var"], state["layer4.1.bn2.running_var"])


def test_summed_filters_see_a_gray_image_as_three_equal_channels() -> None:
    state = torchvision_resnet18_state()
    gray, colour = resnet18(), resnet18(channels=3)
    transfer_weights(gray, state)
    transfer_weights(colour, state)
    image = torch.rand(2, 1, 32, 32)
    one, three = gray.conv1(image), colour.conv1(image.expand(-1, 3, -1, -1))  # type: ignore[operator]
    torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-3)
    mean = resnet18()
    transfer_weights(mean, state, first_conv="mean")
    torch.testing.assert_close(3 * mean.conv1(image), one, rtol=1e-4, atol=1e-3)  # type: ignore[operator]


@pytest.mark.parametrize("dotted", [True, False])
def test_densenet_of_torchvision_and_torchxrayvision(dotted: bool) -> None:
    state: dict[str, Any] = densenet_state(dotted=dotted)
    state["op_threshs"] = torch.zeros(18)
    network = densenet121()
    report = transfer_weights(network, state)
    assert report.skipped == ("op_threshs",)
    assert report.reinitialised == ("class_layers.out.weight", "class_layers.out.bias")
    name = "features.denseblock2.denselayer3.layers.conv2.weight"
    there = "features.denseblock2.denselayer3." + ("conv.2.weight" if dotted else "conv2.weight")
    torch.testing.assert_close(network.state_dict()[name], state[there])


def test_file_without_a_last_layer_leaves_the_networks_own() -> None:
    state = {
        name.replace("features.", "backbone.0."): value
        for name, value in densenet_state(dotted=False, channels=3).items()
        if not name.startswith("classifier")
    }  # RadImageNet's
    network = densenet121(classes=2)
    before = network.class_layers.out.weight.clone()  # type: ignore[union-attr]
    report = transfer_weights(network, state)
    assert report.reinitialised == ("class_layers.out.weight", "class_layers.out.bias")
    assert report.adapted == ("features.conv0.weight",)
    torch.testing.assert_close(network.class_layers.out.weight, before)  # type: ignore[union-attr]


def test_half_a_last_layer_is_refused() -> None:
    state = densenet_state(dotted=False)
    del state["classifier.bias"]
    with pytest.raises(CheckpointError, match=r"missing in the file: class_layers\.out\.bias"):
        transfer_weights(densenet121(classes=18), state)


def test_tensors_of_a_whole_network_and_of_safetensors_are_read(tmp_path: Path) -> None:
    network = resnet18(channels=3, classes=5)
    torch.save(network, tmp_path / "whole.pt")
    write_safetensors(tmp_path / "same.safetensors", network.state_dict())
    for name in ("whole.pt", "same.safetensors"):
        other = resnet18(channels=3, classes=5)
        assert len(load_pretrained(other, tmp_path / name).used) == len(network.state_dict())
        assert all(torch.equal(value, network.state_dict()[key]) for key, value in other.state_dict().items())


def test_efficientnet_of_torchvision_goes_in_whole() -> None:
    state = torchvision_efficientnet_b0_state()
    network = torchvision_efficientnet("efficientnet-b0")
    report = transfer_weights(network, state)
    assert report.adapted == ("_conv_stem.weight",)
    assert report.reinitialised == ("_fc.weight", "_fc.bias")
    assert report.skipped == () and len(report.used) == len(state) - 2
    own = network.state_dict()
    torch.testing.assert_close(own["_conv_stem.weight"], state["features.0.0.weight"].sum(1, keepdim=True))
    torch.testing.assert_close(own["_blocks.6.15._bn2.running_var"], state["features.7.0.block.3.1.running_var"])


def test_efficientnet_pytorch_goes_in_whole_and_monais_own_too() -> None:
    own = EfficientNetBN("efficientnet-b0", pretrained=False, num_classes=3).state_dict()
    theirs = {re.sub(r"_blocks\.\d+\.", "_blocks.", name): value for name, value in own.items()}
    for state in (theirs, own):
        network = EfficientNetBN("efficientnet-b0", pretrained=False, num_classes=3)
        report = transfer_weights(network, state)
        assert len(report.used) == len(own) and not report.adapted and not report.reinitialised
        assert all(torch.equal(value, own[name]) for name, value in network.state_dict().items())


def test_efficientnet_that_computes_otherwise_is_refused_and_nothing_is_loaded() -> None:
    network = EfficientNetBN("efficientnet-b0", pretrained=False, num_classes=1000)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"b0\.pth: .*build it with .*torchvision_efficientnet"):
        transfer_weights(network, torchvision_efficientnet_b0_state(), source="b0.pth")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("change", ["surplus", "missing", "mixed"])
def test_efficientnet_with_unexplained_names_is_refused(change: str) -> None:
    state = torchvision_efficientnet_b0_state()
    if change == "surplus":
        state["features.1.1.block.0.0.weight"] = torch.zeros(1)
    elif change == "missing":
        del state["features.7.0.block.0.0.weight"]
    else:
        state["_bn0.weight"] = torch.zeros(32)
    with pytest.raises(CheckpointError, match=r"1 unexplained"):
        transfer_weights(torchvision_efficientnet("efficientnet-b0"), state)


@pytest.mark.parametrize("change", ["surplus", "missing", "shape"])
def test_what_cannot_be_explained_is_refused_and_nothing_is_loaded(change: str) -> None:
    state = torchvision_resnet18_state()
    if change == "surplus":
        state["layer5.0.conv1.weight"] = torch.zeros(1)
    elif change == "missing":
        del state["layer3.1.conv2.weight"]
    else:
        state["layer3.1.conv2.weight"] = torch.zeros(1, 1, 3, 3)
    network = resnet18()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(CheckpointError, match="unexplained"):
        transfer_weights(network, state)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_file_with_code_in_it_is_refused(tmp_path: Path) -> None:
    torch.save({"network": nn.Linear(1, 1)}, tmp_path / "whole.pt")
    with pytest.raises(CheckpointError, match=r"whole\.pt: refused"):
        load_pretrained(resnet18(), tmp_path / "whole.pt")


@pytest.mark.parametrize(("trainable", "parts"), [(None, {"fc"}), ("fc", {"fc"}), (["layer4", "fc"], {"layer4", "fc"})])
def test_frozen_network_learns_in_the_named_parts_only(trainable: str | list[str] | None, parts: set[str]) -> None:
    network = freeze_all_but(resnet18(), trainable)
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.SGD((weight for weight in network.parameters() if weight.requires_grad), lr=1.0)
    network(torch.rand(4, 1, 32, 32)).sum().backward()
    optimizer.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.partition(".")[0] for name in changed} == parts
    if trainable == ["layer4", "fc"]:
        assert "layer4.0.bn1.running_mean" in changed


def test_frozen_features_of_an_image_are_the_same_in_training() -> None:
    """EfficientNet skips blocks at random in training, by its blocks' own mode."""
    network = freeze_all_but(efficientnet_lite0(num_classes=3)).train()
    image = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(network(image), network(image), rtol=0, atol=0)
    assert network._fc.training and network.training


def test_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no part 'classifier'; its last layer is 'fc'"):
        freeze_all_but(resnet18(), "classifier")


class WithoutTLS(urllib.request.HTTPSHandler):
    """Asks https addresses by plain HTTP, so that a server needs no certificate."""

    def https_open(self, request: urllib.request.Request) -> HTTPResponse:
        return self.do_open(HTTPConnection, request)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A server of `tmp_path`: its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None: ...

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(WithoutTLS))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{found.server_port}", asked
        found.shutdown()
        thread.join()


def test_address_is_downloaded_once_with_its_hash_checked(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    state = torchvision_resnet18_state()
    torch.save(state, tmp_path / "weights.pth")
    name = f"resnet18-{file_sha256(tmp_path / 'weights.pth')[:8]}.pth"
    (tmp_path / "weights.pth").rename(tmp_path / name)
    for _ in range(2):
        network = resnet18()
        report = load_pretrained(network, f"{address}/{name}", first_conv="mean")
        assert report.adapted == ("conv1.weight",) and set(report.reinitialised) == {"fc.weight", "fc.bias"}
        torch.testing.assert_close(network.state_dict()["conv1.weight"], state["conv1.weight"].mean(1, keepdim=True))
    assert asked == [f"/{name}"]


def test_download_of_another_hash_or_with_code_in_it_is_refused(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, _ = server
    torch.save(torchvision_resnet18_state(), tmp_path / "resnet18-0123abcd.pth")
    with pytest.raises(CheckpointError, match="invalid hash value"):
        load_pretrained(resnet18(), f"{address}/resnet18-0123abcd.pth")
    torch.save({"network": nn.Linear(1, 1)}, tmp_path / "whole.pth")
    name = f"whole-{file_sha256(tmp_path / 'whole.pth')[:8]}.pth"
    (tmp_path / "whole.pth").rename(tmp_path / name)
    with pytest.raises(CheckpointError, match="Weights only load failed"):
        load_pretrained(resnet18(), f"{address}/{name}")


def test_failed_download_says_how_to_go_on(server: tuple[str, list[str]]) -> None:
    with pytest.raises(CheckpointError, match=r"404.*--pretrained FILE"):
        load_pretrained(resnet18(), f"{server[0]}/resnet18-0123abcd.pth")


@pytest.mark.parametrize("key", ["state_dict", "model", "module"])
def test_weights_inside_a_trainings_checkpoint_are_found(key: str) -> None:
    state = resnet18().state_dict()
    report = transfer_weights(resnet18(), {key: state, "epoch": 3})
    assert set(report.used) == set(state)


def test_what_only_pre_training_needs_is_skipped() -> None:
    state = resnet18().state_dict()
    surplus = {
        "mask_token": torch.zeros(1),
        "lm_head.weight": torch.zeros(1),
        "blocks.0.rope.freqs_cos": torch.zeros(1),
    }
    assert set(transfer_weights(resnet18(), {**state, **surplus}).skipped) == set(surplus)
