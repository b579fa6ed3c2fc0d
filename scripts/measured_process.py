"""One command in a process of its own: its seconds, its processor time and its peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

# A process starts with the peak of the one that made it, so a small one that has imported nothing makes it.
_LAUNCHER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
status = subprocess.call(sys.argv[2:], stdout=sys.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
took = [time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]
with open(sys.argv[1], "w") as file:
    json.dump([status, *took], file)
"""


class Usage(NamedTuple):
    """What a process used, its own children included.

    Args:
        status: exit status.
        seconds: from its start to its end.
        processor_seconds: of all its threads.
        peak_mb: most memory that was resident at once in one process (MiB), with the pages of mapped files.
        said: what it wrote to stdout and stderr.
    """

    status: int
    seconds: float
    processor_seconds: float
    peak_mb: float
    said: str


def measured(command: Sequence[str], *, cwd: Path | None = None) -> Usage:
    """Run a command and return what it used (Unix).

    >>> measured([sys.executable, "-c", "print(1)"]).said
    '1\\n'
    """
    with tempfile.NamedTemporaryFile("r") as file:
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, file.name, *command]
        result = subprocess.run(
            launch, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd
        )
        status, seconds, processor_seconds, peak_mb = json.loads(Path(file.name).read_text("utf-8"))
    return Usage(status, seconds, processor_seconds, peak_mb, result.stdout)
