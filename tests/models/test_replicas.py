"""Copies of a network for several threads."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from monai.networks.nets import resnet18
from monai.transforms import Activationsd, Compose
from torch import nn

from radiobundle.models.replicas import replicate, require_own_state
from radiobundle.networks.features import FeatureTap


@pytest.fixture
def network() -> Any:
    return resnet18(spatial_dims=2, n_input_channels=1, num_classes=3).eval()


def test_parameters_are_shared_and_what_a_forward_pass_writes_is_not(network: Any) -> None:
    tap = FeatureTap(network)
    (first, first_tap), (second, second_tap) = replicate(network, tap, 2)
    for own, one, other in zip(network.parameters(), first.parameters(), second.parameters(), strict=True):
        assert own is one is other
    for part in ("modules", "buffers"):
        seen = [set(map(id, getattr(replica, part)())) for replica in (network, first, second)]
        assert seen[0] and not seen[0] & seen[1] and not seen[1] & seen[2]
    first(torch.zeros(1, 1, 32, 32))
    assert first_tap.features is not None and second_tap.features is None and tap.features is None


class Own(nn.Module):
    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return batch


def _own_module(network: Any) -> None:
    network.relu = Own()


def _hook(network: Any) -> None:
    network.layer1.register_forward_hook(lambda *_: None)


def _hook_with_arguments(network: Any) -> None:
    network.fc.register_forward_pre_hook(functools.partial(print, end=""))


def _replaced_forward(network: Any) -> None:
    forward = network.forward
    network.forward = lambda batch: forward(batch * 0.5)


def _compiled(network: Any) -> None:
    network.layer2.compile()


def _wrapped_by_compile(network: Any) -> None:
    network.layer2 = torch.compile(network.layer2)


def _cannot_be_copied(network: Any) -> None:
    network.lock = threading.Lock()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_own_module, r"test_replicas\.Own may not be meant for several threads"),
        (_hook, "lambda> may not be meant for several threads"),
        (_hook_with_arguments, "functools.partial may not be meant"),
        (_replaced_forward, "lambda> may not be meant for several threads"),
        (_compiled, "a part of it is compiled"),
        (_wrapped_by_compile, "a part of it is compiled"),
        (_cannot_be_copied, r"it cannot be copied \(cannot pickle"),
    ],
)
def test_what_might_mix_up_two_threads_is_named(network: Any, change: Callable[[Any], None], said: str) -> None:
    change(network)
    with pytest.raises(ValueError, match=said):
        replicate(network, None, 2)


def test_steps_of_others_are_found_in_a_compose() -> None:
    known = Activationsd("pred", softmax=True)
    require_own_state(Compose([known]))
    with pytest.raises(ValueError, match="lambda> may not be meant"):
        require_own_state(Compose([known, lambda batch: batch]))
