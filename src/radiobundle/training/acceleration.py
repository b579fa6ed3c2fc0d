"""Device, memory format, compilation and TF32 of a network."""

from __future__ import annotations

import torch

from radiobundle.networks.memory_format import use_channels_last
from radiobundle.suggest import did_you_mean

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
