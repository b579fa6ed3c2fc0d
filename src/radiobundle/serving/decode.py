"""Decode images to pixels, a few batches ahead of the network."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
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

T = TypeVar("T")
AHEAD = 3  # batches that are decoded while one is computed


@dataclass(frozen=True)
class DecodedImage:
    """One image.

    Attributes:
        name: its name in the table.
        path: its file.
        pixels: uint8 (channels, height, width).
        burned_in: what a DICOM file says about text in its pixels: YES, NO, or nothing.
        remarks: what is unusual about it.
    """

    name: str
    path: Path
    pixels: np.ndarray
    burned_in: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class DecodedBatch:
    """Images that could be read, and the others."""

    images: list[DecodedImage]
    failures: list[Failure]

    def __len__(self) -> int:
        return len(self.images) + len(self.failures)

    @property
    def pixels(self) -> np.ndarray:
        """uint8 (images, channels, height, width) of those that could be read."""
        return np.stack([image.pixels for image in self.images])


def check_batch_size(batch_size: int) -> None:
    """Raise ValueError if a batch would hold nothing."""
    if batch_size < 1:
        raise ValueError(f"`batch_size` {batch_size}: must be positive")


def decode_batches(found: Iterable[FoundImage], model: Model, *, batch_size: int) -> Iterator[DecodedBatch]:
    """Yield batches of images with their pixels or the reason why there are none.

    Threads decode at most a few batches ahead (Pillow decodes outside Python's lock).
    """
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:

        def start(chunk: list[FoundImage]) -> list[Future[DecodedImage | Failure]]:
            return [pool.submit(_decode, one, model) for one in chunk]

        for futures in begun_ahead(found, start, batch_size=batch_size, ahead=AHEAD):
            yield _batch_of(future.result() for future in futures)


def begun_ahead(
    found: Iterable[FoundImage], start: Callable[[list[FoundImage]], T], *, batch_size: int, ahead: int
) -> Iterator[T]:
    """Yield, in order, what `start` returns for each batch of images; it is called for so many batches ahead."""
    source, begun = iter(found), deque[T]()
    while True:
        while len(begun) < ahead and (chunk := list(itertools.islice(source, batch_size))):
            begun.append(start(chunk))
        if not begun:
            return
        yield begun.popleft()


def decode(found: Sequence[FoundImage], model: Model, *, threads: int) -> DecodedBatch:
    """Return images with their pixels or the reason why there are none."""
    if threads == 1:
        return _batch_of(_decode(one, model) for one in found)
    with ThreadPoolExecutor(threads) as pool:
        return _batch_of(pool.map(lambda one: _decode(one, model), found))


def _batch_of(done: Iterable[DecodedImage | Failure]) -> DecodedBatch:
    batch = DecodedBatch([], [])
    for one in done:
        if isinstance(one, Failure):
            batch.failures.append(one)
        else:
            batch.images.append(one)
    return batch


def _decode(found: FoundImage, model: Model) -> DecodedImage | Failure:
    name, path, reason = found
    if reason:
        return Failure(name, "row of a list", reason)
    try:
        data = read_bytes(path)
        pixels, remarks = model.reader.decode_with_remarks(data, str(path))
        return DecodedImage(name, path, pixels, _burned_in(data, path), remarks)
    except Exception as error:  # a step of the preprocessing may raise any type; one image never ends the run
        return failure_of(name, "reading", error)


def _burned_in(data: bytes, path: Path) -> str:
    if format_of(data[:HEAD_BYTES], path.name) is not Format.DICOM:
        return ""
    from radiobundle.images.dicom import burned_in_annotation  # noqa: PLC0415 - only the extra has pydicom

    return burned_in_annotation(path)


def failure_of(name: str, kind: str, error: Exception) -> Failure:
    """Return the entry for an image that could not be processed."""
    own = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
    return Failure(name, kind, plain_reason(error) if own else f"{type(error).__name__}: {plain_reason(error)}")
