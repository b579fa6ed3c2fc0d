"""Batches that are read ahead are those that would have been read."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from ignite.engine import Engine, Events
from torch.utils.data import Dataset, TensorDataset

from radiobundle.training import train_loader
from radiobundle.training.prefetch import PrefetchLoader


class Recorded(Dataset):
    """Numbers; what was read, by which thread; one of them is damaged."""

    def __init__(self, count: int, *, damaged: int | None = None) -> None:
        self.count, self.damaged = count, damaged
        self.read: list[int] = []
        self.threads: set[int] = set()
        self._more = threading.Semaphore(0)

    def wait_for(self, count: int) -> None:
        """Wait until so many more have been read."""
        for _ in range(count):
            assert self._more.acquire(timeout=60), f"only {len(self.read)} were read"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> torch.Tensor:
        self.threads.add(threading.get_ident())
        if index == self.damaged:
            raise ValueError(f"{index}.png: cannot be read")
        self.read.append(index)
        self._more.release()
        return torch.tensor(index)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    assert set(threading.enumerate()) <= before


def epochs(loader: Any, count: int = 2) -> list[list[int]]:
    found = []
    for epoch in range(count):
        torch.manual_seed(epoch)
        loader.sampler.set_epoch(epoch)
        order = [number for batch in loader for number in batch[0].tolist()]
        found.append([*order, *torch.randint(1000, (3,)).tolist()])  # and the generator is where it would be
    return found


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_order_and_random_numbers_are_the_same(ahead: int) -> None:
    dataset = TensorDataset(torch.arange(50))
    plain = train_loader(dataset, batch_size=4, seed=3)
    early = train_loader(dataset, batch_size=4, seed=3, prefetch=ahead)
    assert isinstance(early, PrefetchLoader) and len(early) == len(plain)
    assert epochs(early) == epochs(plain)


@pytest.mark.parametrize("off", [None, 0])
def test_nothing_is_read_ahead_by_default(off: int | None) -> None:
    loader = train_loader(TensorDataset(torch.arange(8)), batch_size=4, prefetch=off)
    assert not isinstance(loader, PrefetchLoader)


def test_another_thread_reads_ahead_but_not_further_than_asked() -> None:
    dataset = Recorded(20)
    batches = iter(PrefetchLoader(dataset, ahead=2, batch_size=1))
    assert not dataset.read  # nothing before the first batch is asked for: the epoch is then known
    next(batches)
    dataset.wait_for(4)  # the one given, two that wait, one in the thread's hand
    assert threading.get_ident() not in dataset.threads
    next(batches)
    dataset.wait_for(1)
    assert len(dataset.read) == 5
    batches.close()


def test_error_comes_after_the_batches_before_it() -> None:
    seen = []
    with pytest.raises(ValueError, match=r"5\.png: cannot be read"):
        for batch in PrefetchLoader(Recorded(20, damaged=5), ahead=3, batch_size=1):
            seen.append(batch.item())  # noqa: PERF401 - the error ends the loop
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("stop", ["terminate", "terminate_epoch", "error"])
def test_thread_ends_when_the_trainer_stops_early(stop: str) -> None:
    def step(engine: Engine, batch: torch.Tensor) -> None:
        if engine.state.iteration == 2:
            if stop == "error":
                raise RuntimeError("diverged")
            getattr(engine, stop)()

    engine = Engine(step)
    try:
        engine.run(PrefetchLoader(Recorded(20), ahead=2, batch_size=1), max_epochs=2)
    except RuntimeError as error:
        assert str(error) == "diverged"
    assert engine.state.iteration == {"terminate": 2, "terminate_epoch": 22, "error": 2}[stop]


def test_no_batch_is_read_across_the_end_of_an_epoch() -> None:
    dataset, running = Recorded(6), []
    engine = Engine(lambda engine, batch: None)
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda: running.append(len(dataset.read)))
    engine.run(PrefetchLoader(dataset, ahead=4, batch_size=1), max_epochs=3)
    assert running == [6, 12, 18]


@pytest.mark.parametrize("ahead", [-1, 0, 1.5, "two"])
def test_wrong_number_of_batches_is_refused(ahead: Any) -> None:
    with pytest.raises(ValueError, match="`prefetch` must be a number of batches"):
        PrefetchLoader(Recorded(2), ahead=ahead)
