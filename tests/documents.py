"""Markdown pages whose code runs as it stands: their sections, and a small shell that runs them in this process.

A block of a page is a file if the line above it is the file's name and a colon, as in "`my_bundle/mynet.py`:".
Other blocks of `bash`, `python` and `pycon` run; those of any other language are only shown.
"""

from __future__ import annotations

import doctest
import logging
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bundle_runs import blank_figures, chdir
from radiobundle.cli import main

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./-]+\.\w+)`:\n+)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_PROGRAMS = {"echoscu", "storescu"}  # not of this project; they run as they are
_SHOWN = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@dataclass(frozen=True)
class Block:
    """A code block, and the name of the file that it is, if it is one."""

    language: str
    text: str
    file: str | None = None


def blocks_of(text: str) -> list[Block]:
    return [Block(found["language"], found["text"], found["file"]) for found in _BLOCK.finditer(text)]


def sections_of(page: str) -> dict[str, list[Block]]:
    """Return the code blocks of each section of a page of `docs`, by its heading; "" is what comes before the first."""
    title, *parts = re.split(r"^##+ (.+)\n", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
    return {"": blocks_of(title), **{head: blocks_of(text) for head, text in zip(parts[::2], parts[1::2], strict=True)}}


class Shell:
    """Runs blocks in this process: to start Python for each command takes longer than its work."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, blocks: list[Block]) -> None:
        for block in blocks:
            if block.file is not None:
                Path(block.file).parent.mkdir(parents=True, exist_ok=True)
                Path(block.file).write_text(block.text)
            elif block.language == "bash":
                self.script(block.text)
            elif block.language == "python":
                exec(block.text, self._names)
            elif block.language == "pycon":
                self._converse(block.text)

    def script(self, text: str) -> None:
        lines = iter(text.replace("\\\n", " ").splitlines())
        for line in lines:
            match shlex.split(line, comments=True):
                case []:
                    continue
                case ["python", "-", "<<END"]:
                    exec("\n".join(iter(lines.__next__, "END")), {})
                case ["for", name, "in", *values] if values[-1] == "do":
                    body = "\n".join(iter(lines.__next__, "done"))
                    for value in values[:-1]:
                        self.script(body.replace(f"${name}", value.rstrip(";")))
                case words:
                    self._command([found for word in words for found in _expand(word)], line)

    def _command(self, words: list[str], line: str) -> None:
        match words:
            case ["cd", folder]:
                os.chdir(folder)
            case ["radiobundle", *arguments]:
                assert main(arguments) == 0, line
            case ["python", "-m", module, *arguments]:
                with patch.object(sys, "argv", [module, *arguments]):
                    runpy.run_module(module, run_name="__main__", alter_sys=True)
            case ["sbatch", file]:  # what Slurm would run
                script = Path(file).read_text().replace("\\\n", " ")
                lines = re.findall(r"^(?:srun )?((?<=srun ).*?|cd .*?)(?: &)?$", script, re.MULTILINE)
                with chdir(Path.cwd()):
                    self.script("\n".join(lines))
            case [program, *_] if program in _PROGRAMS:
                subprocess.run(words, check=True)
            case _:
                raise AssertionError(f"what is {line!r}?")

    def _converse(self, text: str) -> None:
        """Check that each expression gives what the page shows."""
        test = doctest.DocTestParser().get_doctest(text, self._names, "page", None, None)
        report: list[str] = []
        failed = doctest.DocTestRunner(optionflags=_SHOWN).run(test, out=report.append, clear_globs=False).failed
        self._names |= test.globs
        assert not failed, "".join(report)


@contextmanager
def shell(folder: Path, *, figures: bool = False) -> Iterator[Shell]:
    """Yield a shell in a folder, and leave this process as it was; figures are blank, since to plot them takes long."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    loggers = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger) and not one.disabled]
    path, hook = list(sys.path), sys.excepthook
    sys.path.insert(0, str(folder))
    try:
        with chdir(folder), blank_figures(but="" if figures else None):
            yield Shell()
    finally:
        sys.path[:], sys.excepthook = path, hook
        root.setLevel(level)  # the bundle's logging.conf has changed it all
        root.handlers[:] = handlers
        for logger in loggers:
            logger.disabled = False


def _expand(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word and "{" not in word else [word]
