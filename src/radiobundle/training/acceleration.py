"""Device, memory format, compilation, TF32 and memory of a network."""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

import torch

from radiobundle.networks.memory_format import use_channels_last
from radiobundle.suggest import did_you_mean

_SET_BY_THE_USER = ("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_")
_MMAP_MAX, _TRIM_THRESHOLD, _TOP_PAD = -4, -1, -2  # names of malloc.h
_KEEP = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 * 2**20}
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def place_network(
    network: torch.nn.Module, device: torch.device | str, *, compiled: bool | str = False
) -> torch.nn.Module:
    """Move a 2D network to the device in channels-last memory format and optionally compile it in place.

    Compiling in place leaves the names of the weights alone, so that a checkpoint still loads into the bare network.
    The first batch of each shape then takes a minute or so (and, on a CPU, needs a C++ compiler).

    Args:
        network: the network.
        device: where it runs.
        compiled: false, true (the mode `default`) or one of `COMPILE_MODES`: `reduce-overhead` replays CUDA graphs, so
            that a GPU need not wait for Python to launch each kernel; both `max-autotune` also try several kernels.

    Raises:
        ValueError: the mode does not exist.
    """
    if isinstance(compiled, str) and compiled not in COMPILE_MODES:
        modes, hint = ", ".join(COMPILE_MODES), did_you_mean(compiled, COMPILE_MODES)
        raise ValueError(f"`compile` must be true, false or a mode ({modes}), got '{compiled}'{hint}")
    network = use_channels_last(network.to(device=device))
    if compiled:
        network.compile(mode=compiled if isinstance(compiled, str) else "default")
    return network


def allow_tf32(allowed: bool) -> None:
    """Let float32 products on an NVIDIA GPU (Ampere or later) round their factors to 10 bits, or forbid it.

    No effect on other devices or on bfloat16 and float16.
    """
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed


@cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, where the C library is glibc; return whether it does.

    glibc gives every freed block of 32 MB or more back to the system, which clears it anew when it is next asked for:
    a quarter of the time of a forward pass on a CPU (`scripts/benchmark_memory_kept.py`). The process then never holds
    less than its peak. Whoever sets `MALLOC_MMAP_MAX_` or `MALLOC_TRIM_THRESHOLD_` has decided otherwise.
    """
    if platform.libc_ver()[0] != "glibc" or any(name in os.environ for name in _SET_BY_THE_USER):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    accepted = [mallopt(option, value) == 1 for option, value in _KEEP.items()]
    return all(accepted)
