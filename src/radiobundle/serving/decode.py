"""Decode images to pixels, ahead of the network or in turn with it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import joblib
import numpy as np

from radiobundle.images.errors import plain_reason
from radiobundle.images.formats import HEAD_BYTES, Format, format_of
from radiobundle.images.grayscale import read_bytes
from radiobundle.images.search import FoundImage
from radiobundle.models.model import Model
from radiobundle.serving.results import Failure

AHEAD = 3  # batches that are decoded while a GPU computes one

_Reading = tuple[FoundImage, Callable[[], bytes]]
_Begun = TypeVar("_Begun")


@dataclass(frozen=True)
class DecodedImage:
    """One image.

    Attributes:
        name: its name in the table.
        path: its file.
        pixels: uint8 (channels, height, width); None: it cannot be read.
        burned_in: what a DICOM file says about text in its pixels: YES, NO, or nothing.
        remarks: what is unusual about it.
        failure: why it has no pixels.
    """

    name: str
    path: Path
    pixels: np.ndarray | None = None
    burned_in: str = ""
    remarks: tuple[str, ...] = ()
    failure: Failure | None = None


def check_batch_size(batch_size: int) -> None:
    """Raise ValueError if a batch would hold nothing."""
    if batch_size < 1:
        raise ValueError(f"`batch_size` {batch_size}: must be positive")


def decode_batches(images: Iterable[FoundImage], model: Model, *, batch_size: int) -> Iterator[list[DecodedImage]]:
    """Yield batches of images with their pixels or the reason why there are none.

    Threads decode a few batches ahead of a GPU (Pillow decodes outside Python's lock). A network on the CPU computes
    with the same cores and waits for each that decodes (`docs/benchmarks.md`, Predict): there they take turns, and
    only the files of the next batch are read ahead, into memory.
    """
    source = iter(images)
    batches = iter(lambda: list(itertools.islice(source, batch_size)), [])
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:

        def read_ahead(batch: list[FoundImage]) -> list[_Reading]:
            return [(found, pool.submit(read_bytes, found.path).result) for found in batch]

        def decode(reading: Iterable[_Reading]) -> Iterator[DecodedImage]:
            return pool.map(lambda read: _decode(read[0], read[1], model), reading)

        def decode_ahead(batch: list[FoundImage]) -> Iterator[DecodedImage]:
            return decode([(found, partial(read_bytes, found.path)) for found in batch])

        if model.on_cpu:
            yield from _ahead(read_ahead, batches, lambda reading: list(decode(reading)), count=1)
        else:
            yield from _ahead(decode_ahead, batches, list, count=AHEAD)


def _ahead(
    begin: Callable[[list[FoundImage]], _Begun],
    batches: Iterator[list[FoundImage]],
    finish: Callable[[_Begun], list[DecodedImage]],
    *,
    count: int,
) -> Iterator[list[DecodedImage]]:
    """Yield batches that are finished, when `count` more have been begun."""
    begun = deque(map(begin, itertools.islice(batches, count)))
    while begun:
        finished = finish(begun.popleft())
        begun.extend(map(begin, itertools.islice(batches, 1)))
        yield finished


def _decode(found: FoundImage, read: Callable[[], bytes], model: Model) -> DecodedImage:
    name, path, reason = found
    if reason:
        return DecodedImage(name, path, failure=Failure(name, "row of a list", reason))
    try:
        data = read()
        pixels, remarks = model.reader.decode_with_remarks(data, str(path))
        return DecodedImage(name, path, pixels, _burned_in(data, path), remarks)
    except Exception as error:  # a step of the preprocessing may raise any type; one image never ends the run
        return DecodedImage(name, path, failure=failure_of(name, "reading", error))


def _burned_in(data: bytes, path: Path) -> str:
    if format_of(data[:HEAD_BYTES], path.name) is not Format.DICOM:
        return ""
    from radiobundle.images.dicom import burned_in_annotation  # noqa: PLC0415 - only the extra has pydicom

    return burned_in_annotation(path)


def failure_of(name: str, kind: str, error: Exception) -> Failure:
    """Return the entry for an image that could not be processed."""
    own = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
    return Failure(name, kind, plain_reason(error) if own else f"{type(error).__name__}: {plain_reason(error)}")
