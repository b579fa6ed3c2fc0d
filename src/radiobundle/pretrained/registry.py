"""The registry of pretrained weights: one JSON file for each, ours and your own."""

from __future__ import annotations

import os
from pathlib import Path

from radiobundle.files import read_json
from radiobundle.pretrained.entry import WeightsEntry, parse_entry
from radiobundle.suggest import did_you_mean

OWN_ENTRIES = "RADIOBUNDLE_WEIGHTS"  # environment variable: a folder of your own entries
_SHIPPED = Path(__file__).parent / "entries"


def entry_files() -> dict[str, Path]:
    """Return the file of each entry by name; your own come after the shipped ones and may replace them.

    Raises:
        ValueError: the folder of your own entries does not exist.
    """
    folders = [_SHIPPED]
    if own := os.environ.get(OWN_ENTRIES):
        if not Path(own).is_dir():
            raise ValueError(f"{own}: no such folder; the environment variable {OWN_ENTRIES} names it")
        folders.append(Path(own))
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.json"))}


def list_entries() -> list[WeightsEntry]:
    """Return all entries.

    Raises:
        ValueError: one of them is damaged; the message names the file and the key.
    """
    return [parse_entry(read_json(path, fix="correct it"), path) for path in entry_files().values()]


def find_entry(name: str) -> WeightsEntry:
    """Return the entry of that name.

    Raises:
        ValueError: there is none, or it is damaged.
    """
    files = entry_files()
    if name not in files:
        raise ValueError(
            f"there are no pretrained weights '{name}'{did_you_mean(name, files)}; `radiobundle weights list` names all"
        )
    return parse_entry(read_json(files[name], fix="correct it"), files[name])
