"""Load weights into a network, or fail loudly: a silent random head is never scored."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from radiobundle.images.errors import plain_reason
from radiobundle.suggest import nearest


class CheckpointError(ValueError):
    """A checkpoint is missing, damaged or belongs to another network; the message names the file and the keys."""


def load_weights(network: nn.Module, checkpoint: str | Path, *, vouched: bool = False) -> nn.Module:
    """Load a bare state dict into `network`, every key exactly, and return the network.

    Args:
        network: changed in place.
        checkpoint: file.
        vouched: see `read_checkpoint`.

    Raises:
        CheckpointError: see the class.
    """
    state = read_weights(checkpoint, vouched=vouched)
    expected = network.state_dict()
    problems = _key_problems(expected, state) + _shape_problems(expected, state) + _value_problems(state)
    if problems:
        shown = "\n  ".join(problems[:6]) + ("\n  ..." if len(problems) > 6 else "")
        raise CheckpointError(
            f"{checkpoint}: these weights belong to another network ({len(problems)} differences); give evaluation "
            f"the recipe the network was trained with:\n  {shown}"
        )
    network.load_state_dict(state)
    return network


def read_weights(path: str | Path, *, vouched: bool = False) -> dict[str, torch.Tensor]:
    """Read the bare state dict of one network.

    Raises:
        CheckpointError: see the class.
    """
    state = read_checkpoint(path, vouched=vouched)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path}: expected the weights of a single network (a dict of tensors)")
    return state


def read_checkpoint(path: str | Path, *, vouched: bool = False) -> Any:
    """Read a checkpoint on the CPU; only tensors and plain containers are unpickled (`weights_only`).

    Args:
        path: of the file.
        vouched: its SHA-256 has been compared already, so the archive's own checksums are not checked.

    Raises:
        CheckpointError: the file is missing, damaged, or holds code.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"{path}: no such checkpoint; train first, or name another one")
    try:
        if not vouched and (problem := damaged_record(path)):
            raise CheckpointError(f"{path}: damaged checkpoint ({problem}); train or fetch it again")
        return torch.load(path, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: refused, it is damaged or holds more than weights ({plain_reason(error)})"
        ) from error
    except Exception as error:  # a damaged archive makes torch raise nearly every type
        raise CheckpointError(f"{path}: damaged checkpoint ({plain_reason(error)}); train or fetch it again") from error


def damaged_record(path: str | Path) -> str:
    """Return which record of one of torch's archives has changed since it was written; empty: none.

    Torch does not check the checksums (CRC-32) in its archives, so a flipped bit would become a weight.
    """
    if not zipfile.is_zipfile(path):
        return ""  # the format before torch 1.6 has no checksums
    with zipfile.ZipFile(path) as archive:
        name = archive.testzip()
    return f"its record '{name}' has changed since it was written" if name else ""


def _key_problems(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    missing = [key for key in expected if key not in found]
    surplus = [key for key in found if key not in expected]
    problems = [f"missing: {key}" for key in missing]
    for key in surplus:
        near = nearest(key, missing)
        problems.append(f"not in the network: {key}" + (f" (nearest: {near})" if near else ""))
    return problems


def _value_problems(found: dict[str, torch.Tensor]) -> list[str]:
    broken = (key for key, value in found.items() if value.is_floating_point() and not _is_finite(value))
    return [f"{key}: holds values that are not finite" for key in broken]


def _is_finite(value: torch.Tensor) -> bool:
    """Whether all values are finite. A finite sum proves it and is quicker; a sum may overflow although all are."""
    return bool(value.sum().isfinite()) or bool(value.isfinite().all())


def _shape_problems(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [
        f"{key}: shape {list(found[key].shape)}, the network has {list(expected[key].shape)}"
        for key in expected
        if key in found and found[key].shape != expected[key].shape
    ]
