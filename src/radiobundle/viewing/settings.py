"""What a run's configuration states of its data. Its paths are relative to where the training was started."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from monai.bundle import ConfigParser

from radiobundle.bundles import config_ids as ids
from radiobundle.viewing.runs import ViewedRun

STORE_DIR, LABEL_MAP, OTHER_LABELS = "store_dir", "label_map", "other_labels"
_OUTPUT_DIR = "output_dir"
_PATHS = (ids.DATASET_DIR, ids.DATALIST, STORE_DIR)
_DEEPEST = 2  # how far above the place of its start a run's folder may be named


def settings_of(run: ViewedRun) -> dict[str, Any]:
    """Return what a run's configuration states, references resolved and paths as they lead there from here.

    Returns:
        `dataset_dir`, `datalist`, `store_dir`, `label_map`, `other_labels`, as far as they are stated.
    """
    config = run.facts.get("config")
    if not isinstance(config, dict):
        return {}
    parser = ConfigParser(config)
    stated = {
        key: parser.get_parsed_content(key)
        for key in (*_PATHS, LABEL_MAP, OTHER_LABELS, _OUTPUT_DIR)
        if config.get(key) is not None
    }
    starts = starting_folders(run.folder, str(stated.pop(_OUTPUT_DIR, "")))
    for key in _PATHS:
        if key in stated:
            stated[key] = _located(stated[key], starts)
    recorded = run.facts.get("datalist") or {}
    if recorded.get("path"):  # of the list that was read
        stated[ids.DATALIST] = locate(recorded["path"], starts)
    return stated


def starting_folders(run: Path, output_dir: str) -> list[Path]:
    """Return the folders from which `output_dir` leads to a run's folder, the present one first; none for a moved run.

    Args:
        run: absolute.
        output_dir: as the configuration has it; an absolute one leads there from anywhere.
    """
    parts = PurePath(os.path.normpath(output_dir)).parts
    up = sum(part == ".." for part in parts)
    rest = parts[up:]
    if (
        not output_dir
        or Path(output_dir).is_absolute()
        or up > _DEEPEST
        or run.parts[len(run.parts) - len(rest) :] != rest
    ):
        return []
    folders = [Path(*run.parts[: len(run.parts) - len(rest)])]
    for _ in range(up):
        folders = [child for folder in folders for child in _folders_in(folder)]
    return sorted(folders, key=lambda folder: folder != Path.cwd())


def locate(path: str | Path, starts: Iterable[Path]) -> Path:
    """Return where a path leads from the first folder from which it leads anywhere; else as it is."""
    found = (start / path for start in starts)
    return next((candidate for candidate in found if candidate.exists()), Path(path))


def _located(value: Any, starts: Sequence[Path]) -> Any:
    if isinstance(value, Mapping):
        return {name: locate(path, starts) for name, path in value.items()}
    return locate(value, starts) if isinstance(value, (str, Path)) else value


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir())
    except OSError:
        return []
