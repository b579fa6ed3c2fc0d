"""What is known of one set of pretrained weights: its passport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radiobundle.schemas import check_schema

SCHEMA = "weights"
_FIX = "correct the entry, see docs/pretrained.md"


class WeightsError(ValueError):
    """Registered weights cannot be had, or do not fit a configuration; the message says what to do."""


@dataclass(frozen=True)
class Licence:
    """Under which terms the weights may be used.

    Attributes:
        name: such as "Apache-2.0".
        stated_in: where that is written.
        commercial_use: whether it allows commercial use; None: it is not stated.
    """

    name: str
    stated_in: str
    commercial_use: bool | None = None


@dataclass(frozen=True)
class Expected:
    """The input the weights were trained with.

    Attributes:
        channels: number of channels.
        mean: subtracted from the unit range: one number for each channel.
        std: which it is then divided by.
        image_size_px: height and width; None: not stated.
    """

    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    image_size_px: int | None = None

    @property
    def value_range(self) -> tuple[float, float]:
        """Lowest and highest value that the network sees."""
        pairs = list(zip(self.mean, self.std, strict=True))
        return min(-mean / std for mean, std in pairs), max((1 - mean) / std for mean, std in pairs)


@dataclass(frozen=True)
class TrainedOn:
    """One data set the weights have seen.

    Attributes:
        data_set: as datalists name their source ("chestxray14"), or any other name.
        splits: parts of it, of "training", "validation" and "test" as the data set's authors made them.
        note: how sure that is, or where it is written.
    """

    data_set: str
    splits: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class WeightsEntry:
    """One entry of the registry.

    Attributes:
        name: what `--pretrained` takes.
        title: what it is, in a few words.
        network: the network as a section of a configuration, for `expects.channels` and the original classes.
        source: one of {"address": https address}, {"package": distribution, "file": path in it} and {"file": path}.
        sha256: of the file; its first digits if no more is published; empty if nothing is.
        size_mb: of the file, in megabytes as published; None: not stated.
        licence: None: not stated.
        expects: the input.
        trained_on: what they have seen.
        recipes: recipes that start from them, with the right input.
        paper, score, citation: of the weights; empty: not stated.
        notes: what else a user should know.
    """

    name: str
    title: str
    network: Mapping[str, Any]
    source: Mapping[str, str]
    expects: Expected
    trained_on: tuple[TrainedOn, ...]
    sha256: str = ""
    size_mb: float | None = None
    licence: Licence | None = None
    recipes: tuple[str, ...] = ()
    paper: str = ""
    score: str = ""
    citation: str = ""
    notes: tuple[str, ...] = field(default=())


def parse_entry(content: Any, path: Path) -> WeightsEntry:
    """Return the entry that a JSON file describes.

    Args:
        content: of the file.
        path: of the file, whose stem is the entry's name; a relative `file` of its source starts there.

    Raises:
        ValueError: it does not follow the schema; the message names the file and the key.
    """
    check_schema(content, SCHEMA, name=str(path), fix=_FIX)
    stated = content["expects"]
    expects = Expected(**{**stated, "mean": tuple(stated["mean"]), "std": tuple(stated["std"])})
    if not len(expects.mean) == len(expects.std) == expects.channels:
        raise ValueError(
            f"{path}: 'expects': give one mean and one std for each of {expects.channels} channels; {_FIX}"
        )
    source = dict(content["source"])
    if source.keys() == {"file"}:
        source["file"] = str(path.parent / source["file"])
    licence = content.get("licence")
    return WeightsEntry(
        **{
            **content,
            "name": path.stem,
            "source": source,
            "expects": expects,
            "licence": None if licence is None else Licence(**licence),
            "trained_on": tuple(
                TrainedOn(**{**each, "splits": tuple(each["splits"])}) for each in content["trained_on"]
            ),
            "recipes": tuple(content.get("recipes", ())),
            "notes": tuple(content.get("notes", ())),
        }
    )
