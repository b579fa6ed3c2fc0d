"""Is the machine too busy for the threads that torch is going to use?"""

from __future__ import annotations

import logging
import math
import os
import time
from pathlib import Path

import torch

logger = logging.getLogger("radiobundle")


def warn_of_load() -> None:
    """Warn once, before computing starts, that other programs use the cores too, and say what to do."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    note = load_note(load, cores=cores, threads=torch.get_num_threads())
    if note and others_running() >= cores / 2:
        logger.warning(note)


def others_running(samples: int = 10) -> float:
    """Return how many other programs run right now, as a mean over a tenth of a second; infinite if unknown.

    The load is a mean over the last minute, so that it still counts a training of the same user that has just ended.
    """
    found = []
    for _ in range(samples):
        try:
            running = int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[0])
        except (OSError, ValueError, IndexError):
            return math.inf
        found.append(running - 1)  # without this one
        time.sleep(0.1 / samples)
    return sum(found) / samples


def load_note(load: float, *, cores: int, threads: int) -> str:
    """Return a note on a busy machine; empty if it is not busy.

    Threads of one program wait for each other without giving up their core; if other programs hold it, they wait in
    vain: on two cores used by another training, two threads were ten times slower than one.

    Args:
        load: programs that ran or waited to run, as a mean over the last minute.
        cores: number of cores that this process may use.
        threads: number of torch's threads.

    >>> load_note(0.3, cores=2, threads=2), load_note(3.0, cores=2, threads=1)
    ('', '')
    >>> load_note(3.04, cores=2, threads=2)[:58]
    'other programs keep this machine busy (load 3.0, 2 cores):'
    """
    if load < cores or threads <= 1:
        return ""
    fewer = max(1, threads // 2)
    return (
        f"other programs keep this machine busy (load {load:.1f}, {cores} cores): {threads} threads may be many times "
        f"slower than fewer; set OMP_NUM_THREADS={fewer}, or wait"
    )
