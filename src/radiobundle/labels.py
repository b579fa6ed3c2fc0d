"""Labels: their tasks, values, splits and order, each stated once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np

Task = Literal["multiclass", "multilabel"]
"""How labels relate: exactly one is true for an image, or any number."""
TASKS: tuple[Task, ...] = get_args(Task)

UNCERTAIN = -1  # in a source: the report doubts it
IGNORED = -1  # in a datalist and everything after it: no loss and no metric counts it
UNCERTAIN_CLASS = -2  # in a datalist: uncertain, which some losses learn as a class of its own; ignored by all others
PRESENT_FROM = 0.5  # a soft label, between 0 and 1, counts as present from here on if a yes or no is needed

SPLIT_NAMES = ("training", "validation", "test")
SPLIT_ALIASES = {
    "train": "training",
    "val": "validation",
    "valid": "validation",
    "validate": "validation",
    "dev": "validation",
    "testing": "test",
}
_NEVER_FITTED_ON = ("test", "holdout")


def hard_labels(values: Any) -> np.ndarray:
    """Return labels as metrics, samplers and counts take them, int8: 1, 0, or -1 = ignored.

    Args:
        values: array or list of any shape: 1, 0, soft labels between, and below 0 if unknown.

    >>> hard_labels([1, 0, 0.7, 0.2, -1, -2]).tolist()
    [1, 0, 1, 0, -1, -1]
    """
    found = np.asarray(values, dtype=float)
    return np.where(found < 0, IGNORED, found >= PRESENT_FROM).astype(np.int8)


def split_name(word: str) -> str:
    """Return the standard name of a split, whatever its case or abbreviation; an unknown one in lower case.

    >>> split_name("Valid")
    'validation'
    """
    name = word.strip().lower()
    return SPLIT_ALIASES.get(name, name)


def is_held_out(split: str) -> bool:
    """Whether nothing may be fitted on a split, because it is a test of what was fitted.

    >>> is_held_out("test_external"), is_held_out("validation")
    (True, False)
    """
    return split.lower().startswith(_NEVER_FITTED_ON)


def channel_names(channel_def: Mapping[str, str]) -> list[str]:
    """Return the names of a `channel_def` in the order of their numbers, whatever the order of the JSON's keys.

    Tools that sort keys as text put "10" before "2"; a list taken in that order would give labels each other's
    probabilities.

    Args:
        channel_def: from the number of a channel ("0", "1", ...) to its name.

    Raises:
        ValueError: a key is not a number, a number is missing, or a name occurs twice.

    >>> channel_names({"0": "a", "1": "b", "10": "k", "2": "c", **{str(n): str(n) for n in range(3, 10)}})[-1]
    'k'
    """
    if not isinstance(channel_def, Mapping) or not channel_def:
        raise ValueError(f"channel_def must map channel numbers to names, got {channel_def!r}")
    numbers = {_number(key): str(name) for key, name in channel_def.items()}
    if sorted(numbers) != list(range(len(channel_def))):
        raise ValueError(
            f"channel_def numbers its {len(channel_def)} channels {', '.join(map(str, channel_def))}; number them "
            f"0 to {len(channel_def) - 1}, each once"
        )
    names = [numbers[number] for number in range(len(numbers))]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"channel_def names '{repeated[0]}' twice; give every channel its own name")
    return names


def order_channels(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle's metadata with every `channel_def` in the order of its numbers.

    Configurations of earlier versions use the labels in the order of the file.

    Raises:
        ValueError: see `channel_names`; the message names the tensor.
    """
    formats = metadata.get("network_data_format")
    if not isinstance(formats, Mapping):
        return dict(metadata)
    ordered = {
        side: {name: _order_tensor(name, tensor) for name, tensor in tensors.items()}
        for side, tensors in formats.items()
        if isinstance(tensors, Mapping)
    }
    return {**metadata, "network_data_format": {**formats, **ordered}}


def _order_tensor(name: str, tensor: Any) -> Any:
    if not isinstance(tensor, Mapping) or "channel_def" not in tensor:
        return tensor
    try:
        names = channel_names(tensor["channel_def"])
    except ValueError as error:
        raise ValueError(f"'{name}' in network_data_format: {error}") from error
    return {**tensor, "channel_def": {str(number): label for number, label in enumerate(names)}}


def _number(key: str) -> int:
    return int(key) if str(key).isdecimal() and str(int(key)) == str(key) else -1
