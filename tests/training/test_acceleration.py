"""Compiling and TF32."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from radiobundle.training import allow_tf32, place_network
from radiobundle.training.acceleration import COMPILE_MODES


def test_compiled_network_keeps_the_names_of_its_weights() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(16, 2))
    names = list(network.state_dict())
    placed = place_network(network, "cpu", compiled=True)
    assert list(placed.state_dict()) == names
    assert placed._compiled_call_impl is not None
    assert place_network(nn.Conv2d(4, 4, 3), "cpu").weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("compiled", "mode"), [(True, "default"), *((name, name) for name in COMPILE_MODES)])
def test_mode_of_compiling_reaches_the_compiler(
    compiled: bool | str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(nn.Module, "compile", lambda self, **options: given.append(options))
    place_network(nn.Linear(2, 2), "cpu", compiled=compiled)
    assert given == [{"mode": mode}]


def test_torch_knows_the_modes() -> None:
    from torch._inductor import list_mode_options

    assert set(COMPILE_MODES) <= set(list_mode_options())


def test_unknown_mode_of_compiling_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`compile` must be .* did you mean 'reduce-overhead'"):
        place_network(nn.Linear(2, 2), "cpu", compiled="reduce_overhead")


@pytest.mark.parametrize(("allowed", "precision"), [(True, "high"), (False, "highest")])
def test_tf32_is_a_switch(allowed: bool, precision: str) -> None:
    before = torch.get_float32_matmul_precision()
    allow_tf32(allowed)
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == (precision, allowed)
    torch.set_float32_matmul_precision(before)


FREE_AND_ASK_AGAIN = """
import os
import resource

import torch
from radiobundle.training.precision import AutocastInferer

for decided in ({}, {"MALLOC_TRIM_THRESHOLD_": "131072"}):
    if os.fork() == 0:
        os.environ.update(decided)
        AutocastInferer("cpu")
        for _ in range(10):
            torch.ones(2**24)  # 64 MB
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.ones(2**24)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_freed_memory_is_kept_unless_the_user_has_decided() -> None:
    """Memory that was given back is cleared anew page by page, which the system counts."""
    command = [sys.executable, "-c", FREE_AND_ASK_AGAIN]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    usually, decided = map(int, result.stdout.split())
    assert usually < 10 * 2**26 // resource.getpagesize() / 2 < decided
