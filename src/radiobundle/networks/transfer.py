"""Start a training from another library's weights, such as ImageNet's or torchxrayvision's."""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from monai.networks.utils import freeze_layers
from torch import nn

from radiobundle.images.errors import plain_reason
from radiobundle.networks.efficientnet import difference_from
from radiobundle.networks.layouts import find_layout
from radiobundle.networks.pickled_module import read_pickled_module
from radiobundle.networks.safetensors_file import SUFFIX, read_safetensors
from radiobundle.networks.weights import CheckpointError, read_checkpoint

FirstConv = Literal["sum", "mean"]
# torchxrayvision's operating points and normalisation; of EVA-X what only its pre-training needs, and fixed tables
_OF_NO_USE = re.compile(r"^(op_threshs|mean|std|mask_token|lm_head\..*|(.*\.)?rope\..*)$")
_NESTED_IN = ("state_dict", "model", "module")  # of a training's checkpoint


@dataclass(frozen=True)
class TransferReport:
    """How every key was used.

    Attributes:
        used: keys of the network that got the file's values.
        adapted: keys of the first convolution, whose input channels were merged.
        reinitialised: keys of the network left as they were, because the file has another number of classes, or none.
        skipped: keys of the file that the network has no use for.
    """

    used: tuple[str, ...]
    adapted: tuple[str, ...]
    reinitialised: tuple[str, ...]
    skipped: tuple[str, ...]

    def __str__(self) -> str:
        """Return all of it in one line."""
        kinds = {"adapted": self.adapted, "reinitialised": self.reinitialised, "skipped": self.skipped}
        listed = [f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names]
        return "; ".join([f"{len(self.used)} tensors used", *listed])


def load_pretrained(network: nn.Module, weights: str | Path, *, first_conv: FirstConv = "sum") -> TransferReport:
    """Load a state dict in another library's layout, or its own, into a network.

    Any network takes its own names, so timm's take timm's weights; its `Eva` takes EVA-X's too. A MONAI ResNet,
    DenseNet or EfficientNet also takes the layouts of other libraries: torchvision's and timm's of ResNet and DenseNet,
    torchvision's EfficientNet, torchxrayvision's DenseNet, RadImageNet's, and EfficientNet-PyTorch's, which MONAI
    downloads; a run's `model.pt` is in MONAI's. Files without a last layer are fine. Of a network that was saved as a
    whole (torchxrayvision's) only the tensors are read.

    Args:
        network: changed in place. A MONAI `ResNet(conv1_t_stride=2, bias_downsample=False)` and any DenseNet compute
            what torchvision's do. An `EfficientNetBN` computes what EfficientNet-PyTorch's does; for torchvision's
            weights build it with `torchvision_efficientnet`.
        weights: a file, or an https address that torch.hub downloads once (the hash in its name is checked).
        first_conv: how filters for three colours become filters for one gray channel: their "sum" gives what the three
            would give on a gray image repeated three times, their "mean" a third of it.

    Raises:
        CheckpointError: a key or shape cannot be explained, or the network would compute other features from them
            than their library does; nothing is loaded.
    """
    state = _download(str(weights)) if str(weights).startswith("https://") else _read(weights)
    return transfer_weights(network, state, source=str(weights), first_conv=first_conv)


def transfer_weights(
    network: nn.Module, state: dict[str, Any], *, source: str = "state dict", first_conv: FirstConv = "sum"
) -> TransferReport:
    """Load `state` into `network`; see `load_pretrained`."""
    if first_conv not in ("sum", "mean"):
        raise ValueError(f"first_conv must be sum or mean, got '{first_conv}'")
    state = _unwrapped(state)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{source}: expected a state dict (names and tensors)")
    own = network.state_dict()
    first, head = _first_convolution(network), last_layer(network)
    layout = find_layout(own, state)
    used: dict[str, torch.Tensor] = {}
    adapted, reinitialised, skipped, problems = [], [], [], []
    for name, value in state.items():
        key = layout.names.get(name)
        if _OF_NO_USE.match(name):
            skipped.append(name)
        elif key is None:
            problems.append(f"not in the network: {name}")
        elif value.shape == own[key].shape:
            used[key] = value
        elif key == f"{first}.weight" and own[key].shape[1] == 1 and value.shape[2:] == own[key].shape[2:]:
            used[key] = value.sum(1, keepdim=True) if first_conv == "sum" else value.mean(1, keepdim=True)
            adapted.append(key)
        elif key.startswith(f"{head}."):
            reinitialised.append(key)
        else:
            problems.append(f"{name}: shape {list(value.shape)}, the network has {list(own[key].shape)}")
    if not any(key.startswith(f"{head}.") for key in (*used, *reinitialised)):  # the file has no last layer
        reinitialised += [key for key in own if key.startswith(f"{head}.")]
    explained = {*used, *reinitialised, *(key for key in own if key.endswith("num_batches_tracked"))}
    problems += [f"missing in the file: {key}" for key in own if key not in explained]
    if problems:
        shown = "\n  ".join(problems[:6]) + ("\n  ..." if len(problems) > 6 else "")
        raise CheckpointError(
            f"{source}: these weights do not fit this architecture ({len(problems)} unexplained):\n  {shown}"
        )
    if layout.library is not None and (difference := difference_from(network, layout.library)):
        raise CheckpointError(f"{source}: {difference}")
    network.load_state_dict(used, strict=False)
    return TransferReport(tuple(used), tuple(adapted), tuple(reinitialised), tuple(skipped))


def freeze_all_but(network: nn.Module, trainable: str | Sequence[str] | None = None) -> nn.Module:
    """Freeze every weight except those of the named submodules; frozen batch normalisation keeps its statistics too.

    Without names it is the last linear layer. MONAI's trainer puts the network into training mode before each batch;
    what is frozen here stays in evaluation mode, without dropout or skipped blocks (EfficientNet's stochastic depth).

    Raises:
        ValueError: there is no such submodule.
    """
    names = [name for name, _ in network.named_modules()]
    wanted = [last_layer(network)] if trainable is None else [trainable] if isinstance(trainable, str) else trainable
    for name in wanted:
        if name not in names or not name:
            raise ValueError(f"the network has no part '{name}'; its last layer is '{last_layer(network)}'")
    keeps = {module for name in wanted for module in network.get_submodule(name).modules()}
    freeze_layers(network, exclude_vars=rf"^(?:{'|'.join(map(re.escape, wanted))})\.")
    for module in network.modules():
        if keeps.isdisjoint(module.modules()):
            module.eval()
            module.train = _stay_in_evaluation.__get__(module)  # type: ignore[method-assign]
    return network


def _read(weights: str | Path) -> Any:
    if Path(weights).suffix == SUFFIX:
        return read_safetensors(weights)
    if not Path(weights).is_file():
        raise CheckpointError(f"{weights}: no such file; name a state dict with --pretrained FILE")
    try:
        return read_checkpoint(weights)
    except CheckpointError as error:
        state = read_pickled_module(weights) if isinstance(error.__cause__, pickle.UnpicklingError) else {}
        if not state:
            raise
        return state


def _download(address: str) -> Any:
    try:
        return torch.hub.load_state_dict_from_url(
            address, map_location="cpu", weights_only=True, check_hash=True, progress=False
        )
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(
            f"{address}: cannot be loaded ({plain_reason(error)}); fetch it elsewhere and give --pretrained FILE"
        ) from error


def _stay_in_evaluation(module: nn.Module, mode: bool = True) -> nn.Module:
    return module


def _unwrapped(state: Any) -> Any:
    """Return the state dict inside the checkpoint of another library's training; anything else as it is."""
    nested = [state[key] for key in _NESTED_IN if isinstance(state, dict) and isinstance(state.get(key), dict)]
    return nested[0] if nested else state


def _first_convolution(network: nn.Module) -> str:
    return next(name for name, module in network.named_modules() if isinstance(module, nn.Conv2d))


def last_layer(network: nn.Module) -> str:
    """Return the name of a network's last linear layer."""
    return [name for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]
