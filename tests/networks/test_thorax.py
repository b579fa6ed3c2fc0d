"""The studies' networks have the sizes of the studies' tables."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.networks import SimpleCNN, ThoraxBaseline, ThoraxModifiedV1, ThoraxModifiedV2, VGGLike
from radiobundle.networks.initialise import initialise

SIZED = {"baseline": ThoraxBaseline, "modified_v2": ThoraxModifiedV2, "vgg_like": VGGLike}
ANY_SIZE = {"modified_v1": ThoraxModifiedV1, "simple": SimpleCNN}


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_modified_v2_has_the_features_of_table_3() -> None:
    with torch.device("meta"):
        network = ThoraxModifiedV2(initialisation="default")
    assert network.features == [762_048, 148_840, 26_912]
    assert network.classifier[1].in_features == 937_800
    assert parameters(network) == (64 * 12 + 12) + (12 * 64 * 10 + 10) + (10 * 36 * 8 + 8) + 937_801 * 128 + 129 * 14
    assert network(torch.empty(2, 1, 512, 512, device="meta")).shape == (2, 14)


def test_modified_v1_has_the_channels_of_table_1() -> None:
    network = ThoraxModifiedV1()
    shapes = [tuple(module.weight.shape) for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    assert shapes == [(64, 1, 3, 3), (128, 64, 3, 3), (256, 128, 3, 3), (128, 448), (14, 128)]
    assert parameters(network) == 640 + 73_856 + 295_168 + 449 * 128 + 129 * 14


def test_baseline_pools_once_after_three_convolutions() -> None:
    with torch.device("meta"):
        network = ThoraxBaseline(initialisation="default")
    kinds = [type(module).__name__ for module in network]
    assert kinds[:7] == ["Conv2d", "ReLU", "Conv2d", "ReLU", "Conv2d", "ReLU", "MaxPool2d"]
    assert network[9].in_features == 8 * 164 * 164 == 215_168
    assert parameters(network) == 780 + 7_690 + 2_888 + 215_169 * 128 + 129 * 14


def test_improved_baseline_normalises_and_drops_out() -> None:
    network = ThoraxBaseline(image_size_px=(64, 64), batch_norm=True, dropout=0.5)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network) == 3
    assert [module.p for module in network if isinstance(module, nn.Dropout)] == [0.5, 0.5]


def test_vgg_like_has_small_kernels_and_2048_wide_layers() -> None:
    with torch.device("meta"):
        network = VGGLike(initialisation="default")
    assert {module.kernel_size for module in network if isinstance(module, nn.Conv2d)} == {(3, 3)}
    widths = [(module.in_features, module.out_features) for module in network if isinstance(module, nn.Linear)]
    assert widths == [(16_384, 2048), (2048, 2048), (2048, 14)]
    assert network(torch.empty(2, 1, 256, 256, device="meta")).shape == (2, 14)


def test_simple_cnn_has_two_convolutions() -> None:
    assert sum(isinstance(module, nn.Conv2d) for module in SimpleCNN()) == 2


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize("size_px", [(64, 64), (56, 80)])
def test_other_sizes_work_too(name: str, size_px: tuple[int, int]) -> None:
    network = SIZED[name](image_size_px=size_px, in_channels=3, num_classes=5).eval()
    assert network(torch.rand(2, 3, *size_px)).shape == (2, 5)


@pytest.mark.parametrize("name", ANY_SIZE)
def test_networks_of_any_size_take_any_size(name: str) -> None:
    network = ANY_SIZE[name](num_classes=5).eval()
    for size_px in ((40, 40), (33, 64)):
        assert network(torch.rand(2, 1, *size_px)).shape == (2, 5)


@pytest.mark.parametrize("name", SIZED)
def test_image_too_small_for_the_stages_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="too small"):
        SIZED[name](image_size_px=(16, 16))


@pytest.mark.parametrize(("scheme", "variance"), [("xavier_fan_in", 1 / 900), ("xavier", 2 / (900 + 300))])
def test_xavier_has_the_variance_of_each_study(scheme: str, variance: float) -> None:
    torch.manual_seed(0)
    layer = initialise(nn.Linear(900, 300), scheme)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)
    assert layer.bias.abs().sum() == 0
