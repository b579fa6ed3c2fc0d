"""A busy machine is said once, with what to do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

import pytest
import torch

from radiobundle.bundles import machine_load
from radiobundle.bundles.machine_load import load_note, others_running, warn_of_load


@pytest.mark.parametrize(
    ("load", "threads", "says"),
    [(1.9, 2, ""), (2.0, 2, "OMP_NUM_THREADS=1"), (9.0, 1, ""), (9.0, 8, "OMP_NUM_THREADS=4")],
)
def test_only_threads_that_wait_for_others_are_worth_a_note(load: float, threads: int, says: str) -> None:
    note = load_note(load, cores=2, threads=threads)
    assert says in note and bool(note) == bool(says)


def test_note_is_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0), raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(machine_load, "others_running", lambda: 99.0)
    with caplog.at_level(logging.WARNING):
        warn_of_load()
    assert "load 99.0" in caplog.text


def test_training_that_has_just_ended_is_no_other_program(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0), raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(machine_load, "others_running", lambda: 0.0)
    with caplog.at_level(logging.WARNING):
        warn_of_load()
    assert not caplog.text


def test_running_programs_are_counted() -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        time.sleep(0.5)
        assert others_running() >= 2
    finally:
        for one in busy:
            one.kill()
            one.wait()
