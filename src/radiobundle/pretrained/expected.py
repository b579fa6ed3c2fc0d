"""The input that pretrained weights expect, as a section of a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from radiobundle.pretrained.entry import WeightsEntry


def fitting_normalisation(entry: WeightsEntry, *, channels: int) -> list[dict[str, Any]]:
    """Return the section `normalisation` of a configuration that gives the weights their input.

    A network of one channel, whose filters are the sums of those for three, gets the averages of the three.

    >>> from radiobundle.pretrained.registry import find_entry
    >>> fitting_normalisation(find_entry("resnet18_imagenet"), channels=1)
    [{'_target_': 'radiobundle.transforms.StandardizeBy', 'mean': 0.449, 'std': 0.226}]
    """
    mean, std = (_for_channels(values, channels) for values in (entry.expects.mean, entry.expects.std))
    return [{"_target_": "radiobundle.transforms.StandardizeBy", "mean": mean, "std": std}]


def _for_channels(values: Sequence[float], channels: int) -> float | list[float]:
    if channels == len(values) and len(set(values)) > 1:
        return list(values)
    return round(sum(values) / len(values), 10)
