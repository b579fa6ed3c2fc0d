"""Processes of their own that need not import everything again: copies of a server that has."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

START_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def prepare_processes() -> None:
    """Begin to import in the background what every trial needs, once for all of them."""
    if START_METHOD == "forkserver":
        multiprocessing.get_context("forkserver").set_forkserver_preload(["radiobundle.sweeps.trial_process"])
        from multiprocessing.forkserver import ensure_running  # noqa: PLC0415 - there is none on Windows

        ensure_running()


def run_process(target: Callable[[Any], None], job: Any) -> int:
    """Run a job in a process of its own; return its exit status, negative for a signal."""
    context: Any = multiprocessing.get_context(START_METHOD)
    process = context.Process(target=target, args=(job,))
    process.start()
    try:
        process.join()
    finally:
        process.kill()
        process.join()
    return process.exitcode or 0
