"""The command as a shell starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from radiobundle import __version__


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "radiobundle", *arguments], capture_output=True, text=True, check=False
    )


def test_command_says_its_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"radiobundle {__version__}\n")


def test_wrong_input_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = run("audit", str(tmp_path / "none.json"), "--dataset-dir", str(tmp_path))
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("radiobundle audit: ") and "none.json" in line
