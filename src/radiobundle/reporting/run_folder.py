"""A description of the model whose predictions are in a run's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radiobundle.files import read_json

_RECIPE = re.compile(r"recipes/(\w+)\.json")


def recipes_of(run: Mapping[str, Any]) -> list[str]:
    """Return the names of the recipes on a run's command line, from its `run.json`."""
    return _RECIPE.findall(" ".join(map(str, run.get("command", []))))


def describe_run_folder(folder: Path) -> str:
    """Return the model's name, version, recipes, day of training and datalists; empty if there was no training.

    It does not contain today's date, so that the same run gives the same report.
    """
    path = folder / "run.json"
    run = read_json(path, fix="train again") if path.is_file() else None
    if not isinstance(run, dict) or not isinstance(run.get("config"), dict):
        return ""
    metadata = run["config"].get("_meta_", {})
    recipes = recipes_of(run)
    datalist = run.get("datalist") or {}
    path = folder / "evaluation.json"
    evaluated = (read_json(path, fix="evaluate again") if path.is_file() else {}).get("datalist") or datalist
    starts = run.get("starts") or [{}]
    said = [
        f"{metadata.get('name', folder.name)} {metadata.get('version', '')}".strip(),
        "recipes " + ", ".join(recipes) if recipes else "no recipes",
        f"trained on {str(starts[-1]['time'])[:10]}" if "time" in starts[-1] else "",
        f"datalist {_named(datalist)}" if datalist else "",
        f"evaluated on {_named(evaluated)}" if evaluated.get("sha256") != datalist.get("sha256") else "",
    ]
    return ", ".join(part for part in said if part)


def _named(datalist: Mapping[str, str]) -> str:
    return f"{Path(datalist['path']).name} (SHA-256 {datalist['sha256'][:12]}...)"
