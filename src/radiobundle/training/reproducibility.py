"""Seeds: every epoch's random numbers depend only on the run's seed and the epoch's number.

A resumed run therefore samples what the uninterrupted one would have sampled, without storing generator states.
"""

from __future__ import annotations

import random

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from monai.utils import set_determinism


def seed_run(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and torch; with `deterministic`, also make torch choose deterministic algorithms (slower)."""
    if deterministic:
        set_determinism(seed, use_deterministic_algorithms=True)
        return
    _seed_all(seed)
    torch.backends.cudnn.benchmark = True


class SeedEachEpoch:
    """Handler: seed all generators at the start of each epoch from (seed, epoch), each further process differently."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Seed for the epoch that starts."""
        rank = idist.get_rank()
        numbers = [self.seed, engine.state.epoch, *([rank] if rank else [])]
        _seed_all(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


def _seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # libraries still draw from the global generator
    torch.manual_seed(seed)
