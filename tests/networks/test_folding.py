"""Batch normalisation folded into convolutions: the same numbers, only where it is safe, and never out of date."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from monai.networks.nets import DenseNet121, EfficientNetBN, resnet18
from torch import nn
from torch.nn.utils import prune

from radiobundle.networks.cascade import chain_stages
from radiobundle.networks.efficientnet_lite import efficientnet_lite0
from radiobundle.networks.folding import FoldedBatchNorm
from radiobundle.networks.memory_format import use_channels_last

IMAGES = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))


def small() -> nn.Sequential:
    layers = (nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    return nn.Sequential(*layers)


def cascade(threshold: float | None = None) -> nn.Module:
    viral = ["viral", "bacterial"]
    return chain_stages(small(), labels=["normal", *viral], stage2_labels=viral, infected_threshold=threshold)


# Networks, and how many of their batch normalisations follow a convolution.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "resnet18": (lambda: resnet18(spatial_dims=2, n_input_channels=1, num_classes=3), 20),
    "densenet121": (lambda: DenseNet121(spatial_dims=2, in_channels=1, out_channels=3), 59),
    "efficientnet_b0": (
        lambda: EfficientNetBN("efficientnet-b0", False, spatial_dims=2, in_channels=1, num_classes=3),
        49,
    ),
    "efficientnet_lite0": (lambda: efficientnet_lite0(num_classes=3), 49),
    "cascade": (cascade, 2),
    "hard cascade": (lambda: cascade(0.5), 2),
}


def settled(network: nn.Module) -> nn.Module:
    """Return a network in evaluation mode whose batch normalisations all do something."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
            for value in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                assert value is not None
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return use_channels_last(network.eval())


def run(folded: FoldedBatchNorm, network: nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = folded(network, IMAGES)
    return logits


def plain(network: nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        logits: torch.Tensor = network(IMAGES)
    return logits


def assert_same(folded: FoldedBatchNorm, network: nn.Module) -> None:
    expected = plain(network)
    torch.testing.assert_close(run(folded, network), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_are_the_same_and_the_network_is_left_alone(name: str) -> None:
    make, count = NETWORKS[name]
    network, folded = settled(make()), FoldedBatchNorm()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    assert_same(folded, network)
    assert (folded.count, folded.reason) == (count, "")
    assert not torch.equal(run(folded, network), plain(network)) or "cascade" in name
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_folded_weights_are_in_the_precision_of_the_forward_pass() -> None:
    network, folded, seen = settled(small()), FoldedBatchNorm(), []
    network[1].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))  # type: ignore[operator]
    for dtype in (torch.bfloat16, torch.float16):
        with torch.autocast("cpu", dtype):
            run(folded, network)
        assert seen[-1] == dtype
    assert_same(folded, network)
    assert folded.count == 1


@pytest.mark.parametrize("frozen", [False, True], ids=["all weights", "one convolution"])
def test_step_of_a_fused_optimizer_is_noticed(frozen: bool) -> None:
    network, folded = settled(small()), FoldedBatchNorm()
    before = run(folded, network)
    optimizer = torch.optim.AdamW(network[:1].parameters() if frozen else network.parameters(), 0.1, fused=True)
    network.train(not frozen)(IMAGES).sum().backward()
    optimizer.step()
    assert not torch.allclose(run(folded, network.eval()), before)
    assert_same(folded, network)


def load(network: nn.Module) -> None:
    network.load_state_dict({key: value * 2 for key, value in network.state_dict().items()})


def assign(network: nn.Module) -> None:
    network.load_state_dict({key: value * 2 for key, value in network.state_dict().items()}, assign=True)


def replace_convolution(network: nn.Module) -> None:
    network[0] = nn.Conv2d(1, 3, 3)  # type: ignore[operator]


def replace_normalisation(network: nn.Module) -> None:
    network[1] = nn.BatchNorm2d(3).eval()  # type: ignore[operator]


def change_eps(network: nn.Module) -> None:
    network[1].eps = 0.5  # type: ignore[index]


def insert_a_layer(network: nn.Module) -> None:
    network.insert(1, nn.Tanh())  # type: ignore[operator]


def train_normalisation(network: nn.Module) -> None:
    network[1].train()  # type: ignore[index]


def patch_normalisation(network: nn.Module) -> None:
    network[1].forward = lambda images: 2 * images  # type: ignore[index]


def prune_convolution(network: nn.Module) -> None:
    prune.l1_unstructured(network[0], "weight", 0.5)  # type: ignore[index]


def replace_bias(network: nn.Module) -> None:
    network[0].bias = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))  # type: ignore[index]


def remove_bias(network: nn.Module) -> None:
    network[0].bias = None  # type: ignore[index]


def prune_bias(network: nn.Module) -> None:
    prune.l1_unstructured(network[0], "bias", 1)  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (load, 1), (assign, 1), (replace_convolution, 1), (replace_normalisation, 1), (change_eps, 1),
        (insert_a_layer, 0), (train_normalisation, 0), (patch_normalisation, 0), (prune_convolution, 0),
        (replace_bias, 1), (remove_bias, 1), (prune_bias, 0),
    ],
)  # fmt: skip
def test_change_of_the_network_is_noticed(change: Callable[[nn.Module], None], count: int) -> None:
    network, folded = settled(small()), FoldedBatchNorm()
    assert_same(folded, network)
    change(network)
    assert_same(folded, network)
    assert_same(folded, network)
    assert folded.count == count


class Around(nn.Module):
    """A convolution and a batch normalisation with something unusual about them."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.normalisation = nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)


class ReadTwice(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        between: torch.Tensor = self.convolution(images)
        return between + self.normalisation(between)


class UsedTwice(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.convolution(self.normalisation(self.convolution(images)))
        return logits


class WeightReadElsewhere(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.normalisation(self.convolution(images))
        return logits + nn.functional.conv2d(images, self.convolution.weight, padding=1)


class Scaled(nn.BatchNorm2d):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(input)


class InPlace(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.normalisation(self.convolution(images).relu_())
        return logits


def without_statistics() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2, track_running_stats=False))


def with_something_between() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2))


@pytest.mark.parametrize(
    "make", [ReadTwice, UsedTwice, WeightReadElsewhere, InPlace, without_statistics, with_something_between]
)
def test_what_is_not_safe_is_not_folded(make: Callable[[], nn.Module]) -> None:
    network, folded = settled(make()), FoldedBatchNorm()
    assert torch.equal(run(folded, network), plain(network))
    assert folded.count == 0


class WithoutAutocast(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            logits: torch.Tensor = self.normalisation(self.convolution(images))
        return logits


class OtherwiseWithSeveral(Around):
    """The pair is found with one image; with several something else reads what lies between, before or after."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self.after = after

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        between: torch.Tensor = self.convolution(images)
        before = between if self.after or len(images) == 1 else between * 2
        normalised: torch.Tensor = self.normalisation(before)
        return normalised + between if self.after and len(images) > 1 else normalised


def test_part_that_goes_without_autocast_is_folded_in_its_own_precision() -> None:
    network, folded = settled(WithoutAutocast()), FoldedBatchNorm()
    with torch.autocast("cpu", torch.bfloat16):
        assert_same(folded, network)
    assert folded.count == 1


@pytest.mark.parametrize("after", [False, True])
def test_network_that_does_otherwise_with_several_images_is_left_alone_at_last(after: bool) -> None:
    network, folded = settled(OtherwiseWithSeveral(after=after)), FoldedBatchNorm()
    for _ in range(3):
        assert torch.equal(run(folded, network), plain(network))
    assert (folded.count, folded.reason) == (0, "it does not call the same functions for each batch")
    runs: list[int] = []
    network.register_forward_hook(lambda module, inputs, output: runs.append(len(output)))
    run(folded, network)
    assert runs == [3]


def test_subclass_of_batch_normalisation_does_its_own_part() -> None:
    network, folded = settled(nn.Sequential(nn.Conv2d(1, 2, 3), Scaled(2))), FoldedBatchNorm()
    assert_same(folded, network)
    assert folded.count == 1


def test_statistics_are_left_alone_where_a_part_is_in_training() -> None:
    network = settled(small())
    train_normalisation(network)
    run(folded := FoldedBatchNorm(), network)
    assert int(network[1].num_batches_tracked) == 1  # type: ignore[index]
    assert folded.reason == "a normalisation is in training mode"


def test_nothing_is_folded_with_gradients_or_in_a_compiled_network() -> None:
    network, folded = settled(small()), FoldedBatchNorm()
    run(folded, network)
    folded(network, IMAGES).sum().backward()
    assert network[0].weight.grad is not None  # type: ignore[index]
    network.compile(backend="eager")
    assert torch.equal(run(folded, network), plain(network))
    run(other := FoldedBatchNorm(), nn.Sequential(network).eval())
    assert other.reason == "a part of it is compiled"


def test_tensor_that_holds_fewer_values_than_its_shape_says() -> None:
    network = settled(small())
    network[1].weight = nn.Parameter(torch.full((1,), 2.0).expand(3), requires_grad=False)
    folded = FoldedBatchNorm()
    torch.testing.assert_close(run(folded, network), plain(network), rtol=1e-4, atol=1e-5)
    assert folded.count == 1


def test_error_of_the_network_is_its_own_and_leaves_nothing_behind() -> None:
    network, folded = settled(small()), FoldedBatchNorm()
    run(folded, network)
    with torch.inference_mode(), pytest.raises(RuntimeError, match="channels"):
        folded(network, torch.rand(3, 5, 64, 64))
    assert_same(folded, network)
    assert folded.count == 1


def test_empty_batch_is_no_proof() -> None:
    network, folded = settled(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))), FoldedBatchNorm()
    with torch.inference_mode():
        assert folded(network, IMAGES[:0]).shape == (0, 2, 62, 62)
    assert (folded.count, folded.reason) == (0, "its logits would differ")


def test_network_is_not_kept_alive() -> None:
    network, folded = settled(small()), FoldedBatchNorm()
    run(folded, network)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_double_precision_is_kept() -> None:
    network, folded = settled(small()).double(), FoldedBatchNorm()
    with torch.inference_mode():
        logits, expected = folded(network, IMAGES.double()), network(IMAGES.double())
    assert logits.dtype == torch.float64
    torch.testing.assert_close(logits, expected, rtol=1e-9, atol=1e-9)


class NeedsSeveral(Around):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) < 2:
            raise ValueError("one image is too few")
        logits: torch.Tensor = self.normalisation(self.convolution(images))
        return logits


def test_network_that_takes_no_single_image_runs_as_it_is() -> None:
    network, folded = settled(NeedsSeveral()), FoldedBatchNorm()
    assert torch.equal(run(folded, network), plain(network))
    assert (folded.count, folded.reason) == (0, "ValueError: one image is too few")


def test_threads_that_share_a_network_get_the_same_numbers() -> None:
    network, folded = settled(resnet18(spatial_dims=2, n_input_channels=1, num_classes=3)), FoldedBatchNorm()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: run(folded, network), range(20)))
    expected = plain(network)
    for logits in found:
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    assert_same(folded, network)


class Member(Around):
    """A member of an ensemble, which picks its own from the pixels of all readers."""

    def forward(self, images: list[torch.Tensor]) -> torch.Tensor:
        logits: torch.Tensor = self.normalisation(self.convolution(images[1]))
        return logits


def test_network_that_is_given_the_pixels_of_several_readers_is_folded() -> None:
    network, folded = settled(Member()), FoldedBatchNorm()
    with torch.inference_mode():
        torch.testing.assert_close(folded(network, [IMAGES[:, :, ::2], IMAGES]), network([IMAGES[:, :, ::2], IMAGES]))
    assert folded.count == 1
