"""A data loader that reads ahead in a thread while the network computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monai.data import ThreadBuffer
from torch.utils.data import DataLoader


class PrefetchLoader(DataLoader):
    """The same batches in the same order, read and pinned by a background thread up to `ahead` batches early.

    The thread starts with the first batch of an epoch and ends with its last one, or as soon as the iterator is closed
    or forgotten. It draws no random numbers, so that a run is bit for bit the same with and without it. An error while
    reading is raised where the batch is asked for, after the batches before it.

    Args:
        dataset: see `DataLoader`.
        ahead: batches that may wait, at least 1.
        options: keyword arguments of `DataLoader`.

    Raises:
        ValueError: `ahead` is less than 1 or no whole number.

    >>> from torch.utils.data import TensorDataset
    >>> import torch
    >>> [batch[0].tolist() for batch in PrefetchLoader(TensorDataset(torch.arange(5)), ahead=2, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, dataset: Any, *, ahead: int, **options: Any) -> None:
        if not isinstance(ahead, int) or ahead < 1:
            raise ValueError(f"`prefetch` must be a number of batches from 1 on (null or 0: off), got {ahead}")
        super().__init__(dataset, **options)
        self.ahead = ahead

    def __iter__(self) -> Any:
        """Return an iterator over one epoch."""
        # Made here and not in the thread: a new iterator draws a seed from torch's global generator.
        return _read_ahead(super().__iter__(), self.ahead)


def _read_ahead(batches: Iterator[Any], ahead: int) -> Iterator[Any]:
    for found in ThreadBuffer(_with_error(batches), buffer_size=ahead):
        if isinstance(found, Exception):
            raise found
        yield found


def _with_error(batches: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from batches
    except Exception as error:  # `ThreadBuffer` would only end early
        yield error
