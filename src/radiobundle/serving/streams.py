"""Answer images in several streams, each of which decodes and computes on its part of the processor."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
import torch

from radiobundle.images.search import FoundImage
from radiobundle.models.model import Answer, Model
from radiobundle.models.trained import TrainedModel
from radiobundle.serving.decode import DecodedBatch, begun_ahead, decode, decode_batches

MOST_STREAMS = 4  # each holds a batch, so memory grows with them


class AnsweredBatch(NamedTuple):
    """A batch and what the model says of it."""

    decoded: DecodedBatch
    answer: Answer | None
    """None if no image could be read."""
    features: np.ndarray | None
    """(images, features) float32 of those that could be read, if asked for."""


def answer_batches(
    found: Iterable[FoundImage], model: Model, *, batch_size: int, features: bool = False
) -> Iterator[AnsweredBatch]:
    """Yield batches of images in order, with the model's answers and, if asked for, the network's features.

    On a CPU with several threads, up to four streams decode and compute a batch each, on equal parts of the threads:
    no operation then waits for the slowest of all threads, nor decoders for each other (`docs/benchmarks.md`, Predict).
    Elsewhere, threads decode a few batches ahead of the network.
    """
    threads, source = torch.get_num_threads(), iter(found)
    most = min(threads, MOST_STREAMS)
    first = list(itertools.islice(source, batch_size * most))
    found, count = itertools.chain(first, source), min(most, len(first))
    if count > 1 and (streams := model.replicas(count)):
        size = min(batch_size, -(-len(first) // count))  # a few images are divided as well
        yield from _in_streams(found, streams, threads, size, features)
        return
    for decoded in decode_batches(found, model, batch_size=batch_size):
        yield _answer(model, decoded, features)


def _in_streams(
    found: Iterator[FoundImage], streams: Sequence[Model], threads: int, size: int, features: bool
) -> Iterator[AnsweredBatch]:
    idle: SimpleQueue[tuple[Model, int]] = SimpleQueue()
    for index, model in enumerate(streams):
        idle.put((model, (threads + index) // len(streams)))

    def work(chunk: list[FoundImage]) -> AnsweredBatch:
        model, own_threads = idle.get()
        torch.set_num_threads(own_threads)  # of this thread
        try:
            return _answer(model, decode(chunk, model, threads=own_threads), features)
        finally:
            idle.put((model, own_threads))

    pool = ThreadPoolExecutor(len(streams), thread_name_prefix="stream")
    try:
        for future in begun_ahead(
            found, lambda chunk: pool.submit(work, chunk), batch_size=size, ahead=len(streams) + 1
        ):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # also of threads that begin later


def _answer(model: Model, decoded: DecodedBatch, features: bool) -> AnsweredBatch:
    if not decoded.images:
        return AnsweredBatch(decoded, None, None)
    if features and isinstance(model, TrainedModel):
        return AnsweredBatch(decoded, *model.answer_and_features(decoded.pixels))
    return AnsweredBatch(decoded, model.answer(decoded.pixels), None)
