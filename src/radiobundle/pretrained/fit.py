"""Does a configuration feed a network what its pretrained weights were trained with?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from radiobundle.pretrained.entry import WeightsEntry
from radiobundle.pretrained.expected import fitting_normalisation
from radiobundle.transforms import StandardizeBy

_TOLERANCE = 0.01  # of a standard deviation; a grey level is 0.02 of ImageNet's


def input_difference(entry: WeightsEntry, normalisation: Sequence[Any], *, channels: int) -> str:
    """Return how a configuration's normalisation differs from that of the weights, and the fix; empty: it does not.

    Args:
        entry: of the weights.
        normalisation: the configuration's transforms of unit-range images.
        channels: of the network's input.
    """
    (wanted,) = fitting_normalisation(entry, channels=channels)
    if len(normalisation) == 1 and isinstance(normalisation[0], StandardizeBy):
        given = normalisation[0]
        target = StandardizeBy(mean=wanted["mean"], std=wanted["std"])
        unit = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)
        found, expected = torch.broadcast_tensors(given(unit), target(unit))
        if bool(((found - expected).abs() <= _TOLERANCE * (1 + expected.abs())).all()):
            return ""
    found_names = ", ".join(_described(each) for each in normalisation) or "nothing"
    recipes = f"give the recipe {' or '.join(entry.recipes)}, or " if entry.recipes else "give "
    return (
        f"{entry.name} was trained on grey levels from 0 to 1 minus {wanted['mean']}, divided by {wanted['std']}; this "
        f'configuration normalises by {found_names}: {recipes}--normalisation "{json.dumps([wanted])}". To keep your '
        "normalisation, give the weights as a file (`radiobundle weights get` prints where it is)"
    )


def input_channels(network: nn.Module) -> int:
    """Return the number of channels that a network's first convolution takes."""
    return next(module.in_channels for module in network.modules() if isinstance(module, nn.Conv2d))


def _described(transform: Any) -> str:
    if not isinstance(transform, StandardizeBy):
        return type(transform).__name__
    mean, std = (values.flatten().tolist() for values in (transform.mean, transform.std))
    return f"{StandardizeBy.__name__} (mean {_short(mean)}, std {_short(std)})"


def _short(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
