"""Further processes: quick to start, or to die in the middle of their work."""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

# A forked process has what a fresh one needs ten seconds to import; where that is not safe, it starts afresh.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"


def kill_while(code: str, folder: Path) -> None:
    """Run code in a process of its own that kills itself in the middle (`die()`), without any clean-up."""
    prelude = f"""
        import os, signal
        from pathlib import Path
        from radiobundle.files import *
        from radiobundle.result_set import *
        import radiobundle.result_set as sets
        folder = Path({str(folder)!r})
        def die(*args, **kwargs):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)], check=False)
    assert done.returncode == -9


def run_each(*commands: Sequence[str], cwd: Path) -> None:
    """Run `radiobundle` commands, each in a process that has seen neither the others nor this one; all must succeed."""
    script = f"""
        import os
        import radiobundle.serving.predict  # which takes its time, so they share it
        from radiobundle.cli import main
        for command in {[list(command) for command in commands]}:
            if os.fork() == 0:
                os._exit(main(command))
            assert os.wait()[1] == 0, command
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, cwd=cwd)


def linted_at_once() -> AbstractContextManager[Any]:
    """Packages are linted by a process that starts with what this one has imported; for tests of something else."""
    return patch("radiobundle.packaging.package.subprocess", SimpleNamespace(run=_run_code))


def _run_code(command: Sequence[str], *, cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context(START_METHOD).Process(target=_print_to, args=(there, command[-1], cwd))
    process.start()
    there.close()  # so that a process that dies without a word leaves the end of the pipe
    printed = here.recv()
    process.join()
    return subprocess.CompletedProcess(command, process.exitcode or 0, stdout=printed, stderr="")


def _print_to(there: Connection, code: str, cwd: Path) -> None:
    os.chdir(cwd)
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(code, {})
    finally:
        there.send(printed.getvalue())
