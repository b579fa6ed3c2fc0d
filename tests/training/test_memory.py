"""The memory of a training step against what the step really keeps, and the batch that fits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from monai.bundle import ConfigWorkflow
from monai.networks.nets import DenseNet121, resnet18
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from bundle_runs import PNEUMONIA, config_files
from radiobundle.networks import freeze_all_but
from radiobundle.training import largest_batch
from radiobundle.training.memory import step_bytes

SHAPE = (1, 64, 64)
NETWORKS = {
    "resnet18": lambda: resnet18(spatial_dims=2, n_input_channels=1, num_classes=2),
    "DenseNet121": lambda: DenseNet121(2, 1, 2),
}


def kept_in_a_real_step(network: nn.Module, batch_size: int, dtype: torch.dtype) -> int:
    """Return the bytes of all tensors that autograd keeps, with the weights' gradients and moments."""
    kept: dict[int, Any] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    weights = sum(weight.nbytes for weight in network.parameters())
    own = {weight.untyped_storage().data_ptr() for weight in network.state_dict().values()}
    with saved_tensors_hooks(keep, lambda tensor: tensor), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        network(torch.rand(batch_size, *SHAPE))
    return 4 * weights + sum(tensor.untyped_storage().nbytes() for at, tensor in kept.items() if at not in own)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_what_a_real_step_keeps(name: str, dtype: torch.dtype) -> None:
    network = NETWORKS[name]()
    computed = step_bytes(network, SHAPE, batch_size=6, dtype=dtype)
    assert computed == pytest.approx(kept_in_a_real_step(network, 6, dtype), rel=0.03)


def test_network_stays_as_it_is() -> None:
    network = NETWORKS["resnet18"]().eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    step_bytes(network, SHAPE, batch_size=2, dtype=torch.float32)
    torch.testing.assert_close(network.state_dict(), before)
    assert not network.training


def test_largest_batch_fits_and_the_next_would_not() -> None:
    network = NETWORKS["resnet18"]()
    size = largest_batch(network, 1, 64, 1, precision="fp32", device="cpu")
    fits, too_large = (step_bytes(network, SHAPE, batch_size=count, dtype=torch.float32) for count in (size, 2 * size))
    assert fits <= 0.7e9 < too_large
    assert largest_batch(network, 1, 64, 1, precision="bf16", device="cpu") > size
    assert largest_batch(network, 1, 64, 1, precision="fp32", device="cpu", most=size // 2) == size // 2


def test_frozen_weights_count_as_if_they_were_trained() -> None:
    network = NETWORKS["resnet18"]()
    size = largest_batch(network, 1, 64, 1, precision="fp32", device="cpu")
    assert largest_batch(freeze_all_but(network), 1, 64, 1, precision="fp32", device="cpu") == size


@pytest.mark.parametrize("memory_gb", [0, -1, float("nan"), float("inf"), "16", True])
def test_impossible_memory_is_named(memory_gb: Any) -> None:
    with pytest.raises(ValueError, match="batch_size: the memory must be a positive number of GB"):
        largest_batch(NETWORKS["resnet18"](), 1, 64, memory_gb, precision="fp32", device="cpu")


def test_network_that_cannot_be_counted_is_named() -> None:
    class DependsOnValues(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images if images.sum().item() > 0 else -images

    with pytest.raises(ValueError, match="batch_size: cannot be computed for this network; give a number"):
        largest_batch(DependsOnValues(), 1, 64, 1, precision="fp32", device="cpu")


def test_too_little_memory_is_named() -> None:
    with pytest.raises(ValueError, match=r"batch_size: 0\.1 GB hold no training step of two images of 1x64x64"):
        largest_batch(NETWORKS["resnet18"](), 1, 64, 0.1, precision="fp32", device="cpu")


def test_a_configuration_can_ask_for_it() -> None:
    workflow = ConfigWorkflow(
        config_file=config_files("train"), meta_file=str(PNEUMONIA / "configs" / "metadata.json"), logging_file=False,
        workflow_type="train", image_size_px=[64, 64],
        batch_size="$largest_batch(@network_def, @input_channels, @image_size_px, 1, precision='fp32', device=@device)",
    )  # fmt: skip
    workflow.parser.parse(True)
    workflow.parser.get_parsed_content("imports")
    network = workflow.parser.get_parsed_content("network_def")
    assert workflow.parser.get_parsed_content("batch_size") == largest_batch(
        network, 1, 64, 1, precision="fp32", device="cpu"
    )
