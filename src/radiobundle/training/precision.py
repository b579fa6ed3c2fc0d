"""Lower precision on any device, through MONAI's inferer hook.

MONAI's engines autocast for CUDA whatever the device; an inferer is where the forward pass happens on every device.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import torch
from monai.inferers import Inferer
from torch import nn

from radiobundle.networks.folding import FoldedBatchNorm
from radiobundle.training.acceleration import keep_freed_memory

logger = logging.getLogger(__name__)
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
PRECISIONS = ("auto", *DTYPES)


def choose_precision(precision: str, device: torch.device | str) -> torch.dtype:
    """The data type of the forward pass: named, or for "auto" bfloat16 where the device computes it natively.

    Raises:
        ValueError: the name is not one of auto, fp32, bf16, fp16.
    """
    if precision == "auto":
        return torch.bfloat16 if _has_native_bf16(torch.device(device)) else torch.float32
    if precision not in DTYPES:
        raise ValueError(f"`precision` must be one of {', '.join(PRECISIONS)}; got '{precision}'")
    return DTYPES[precision]


class AutocastInferer(Inferer):
    """Run the network under autocast, and return its logits in float32.

    Autograd is off entirely (`torch.inference_mode`) while the network is in evaluation mode. With fp16 on a GPU also
    set the trainer's `amp`, whose gradient scaler fp16 needs. On a CPU the process then keeps the memory that it frees,
    see `keep_freed_memory`.

    Args:
        device: where the network runs.
        precision: auto, fp32, bf16 or fp16.
        fold_batch_norm: on a CPU, and not in fp16, use `FoldedBatchNorm` while the network is in evaluation mode.
    """

    def __init__(self, device: torch.device | str, precision: str = "auto", fold_batch_norm: bool = False) -> None:
        super().__init__()
        self.device_type = torch.device(device).type
        self.dtype = choose_precision(precision, device)
        self.folds = fold_batch_norm and self.device_type == "cpu" and self.dtype != torch.float16
        self._folded: WeakKeyDictionary[nn.Module, FoldedBatchNorm] = WeakKeyDictionary()
        if self.device_type == "cpu":
            keep_freed_memory()

    def __call__(self, inputs: torch.Tensor, network: Callable[..., Any], *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return logits (batch, labels) float32."""
        evaluating = not getattr(network, "training", False)
        autocast = torch.autocast(self.device_type, self.dtype, enabled=self.dtype != torch.float32)
        with torch.inference_mode(evaluating), autocast:
            if evaluating and self.folds and not args and not kwargs and isinstance(network, nn.Module):
                return self._run_folded(network, inputs)
            logits: torch.Tensor = network(inputs, *args, **kwargs).float()
        return logits

    def _run_folded(self, network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        folded = self._folded.setdefault(network, FoldedBatchNorm())
        before = folded.reason
        logits: torch.Tensor = folded(network, inputs).float()
        if folded.reason and folded.reason != before:
            logger.info("batch normalisation is not folded: %s", folded.reason)
        return logits

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is folded, for copies and other processes."""
        return {key: value for key, value in self.__dict__.items() if key != "_folded"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what `__getstate__` returned."""
        self.__dict__.update(state, _folded=WeakKeyDictionary())


def _has_native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False
