"""One worker has a lease; a dead one's is free."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from radiobundle.sweeps import leases
from radiobundle.sweeps.leases import is_leased, lease


def test_only_one_has_it_until_it_is_given_back(tmp_path: Path) -> None:
    with lease(tmp_path, "a") as first, lease(tmp_path, "a") as second, lease(tmp_path, "b") as other:
        assert (first, second, other) == (True, False, True)
        assert is_leased(tmp_path, "a")
    assert not is_leased(tmp_path, "a")
    with pytest.raises(KeyError), lease(tmp_path, "a"):
        raise KeyError
    assert not is_leased(tmp_path, "a")


def test_that_of_a_killed_process_is_free(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        with lease(tmp_path, "a"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / "a.lease").is_file() and not is_leased(tmp_path, "a")
    with lease(tmp_path, "a") as is_ours:
        assert is_ours


def test_that_of_another_machine_is_free_once_its_heart_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.lease"
    path.write_text('{"host": "elsewhere", "process": 1, "token": "x"}')
    assert is_leased(tmp_path, "a")
    os.utime(path, (time.time() - leases.VOID_AFTER_S - 1,) * 2)
    assert not is_leased(tmp_path, "a")
    path.write_text("{half")
    assert not is_leased(tmp_path, "a")
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.02)
    with lease(tmp_path, "a"):
        os.utime(path, (1, 1))
        deadline = time.monotonic() + 5
        while path.stat().st_mtime < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_leased(tmp_path, "a")


def test_a_lease_that_was_taken_over_is_not_given_back(tmp_path: Path) -> None:
    path = tmp_path / "a.lease"
    with lease(tmp_path, "a"):
        path.write_text('{"host": "elsewhere", "process": 1, "token": "x"}')
    assert is_leased(tmp_path, "a")
