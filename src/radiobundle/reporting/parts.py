"""Parts of a report that an evaluation wrote beside its predictions: found, checked and turned into blocks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.files import read_json
from radiobundle.reporting.document import Block
from radiobundle.reporting.localisation_content import LOCALISATION, localisation_blocks
from radiobundle.reporting.mistakes_content import MISTAKES, mistakes_blocks
from radiobundle.reporting.shortcut_content import SHORTCUTS, shortcut_blocks
from radiobundle.result_set import check_results, listed_results
from radiobundle.schemas import check_schema

FILES = (MISTAKES, "mistakes.png", LOCALISATION, "localisation.png", "localisation.csv", "localisation.md", SHORTCUTS)


def part_blocks(folder: Path) -> Iterator[Block]:
    """Yield the blocks of all parts whose files are in a folder.

    Raises:
        ValueError: a file is invalid; the message names it.
    """
    if (folder / MISTAKES).is_file():
        yield from mistakes_blocks(pd.read_csv(folder / MISTAKES), folder)
    if (folder / LOCALISATION).is_file():
        yield from localisation_blocks(_read(folder / LOCALISATION), folder)
    if (folder / SHORTCUTS).is_file():
        yield from shortcut_blocks(_read(folder / SHORTCUTS))


def take_parts(predictions: Path, folder: Path) -> None:
    """Copy the parts that an evaluation wrote beside its predictions into the folder of a new report.

    Parts that the new report has itself, or that are not in one set with these predictions, are not copied.

    Raises:
        ValueError: the set is incomplete.
    """
    source = predictions.parent
    if source == folder or predictions.name not in (listed := listed_results(source)):
        return
    names = [name for name in FILES if name in listed]
    if names:
        check_results(source, names=[predictions.name, *names])
    stems = {Path(name).stem for name in FILES if (folder / name).exists()}
    for name in names:
        if Path(name).stem not in stems:
            shutil.copyfile(source / name, folder / name)


def _read(path: Path) -> dict[str, Any]:
    fix = "evaluate again"
    content: dict[str, Any] = read_json(path, fix=fix)
    check_schema(content, path.stem, name=str(path), fix=fix)
    return content
