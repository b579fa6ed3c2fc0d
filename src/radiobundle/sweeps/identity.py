"""Is this the sweep that the folder was begun for? Code and data are part of it, so that results never mix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from filelock import FileLock

import radiobundle
from radiobundle.extras import versions_of
from radiobundle.files import read_json, write_json
from radiobundle.sweeps.image_check import images_sha256
from radiobundle.sweeps.plan import Plan, code_sha256

FILE = "sweep.json"
_SCHEMA = "radiobundle-sweep/1"
_FIX = "name another `output`"
_PACKAGES = ("monai", "torch", "pytorch-ignite", "numpy", "schedulefree")


def join_sweep(folder: Path, plan: Plan) -> None:
    """Begin a sweep in a folder, or join the one that is there.

    Raises:
        ValueError: it was begun with other code, other packages, another metric, or other data; the message says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ours = identity(plan)
    path = folder / FILE
    with FileLock(folder / ".sweep.lock"):
        if not path.is_file():
            write_json(path, {"schema": _SCHEMA, **ours})
            return
        begun: Any = read_json(path, fix=_FIX)
        if not isinstance(begun, dict):
            raise ValueError(f"{path}: is of no sweep; {_FIX}")
    for key, value in ours.items():
        if value is not None and begun.get(key) != value:
            raise ValueError(
                f"{folder}: this sweep was begun with other {key.replace('_', ' ')} ({_short(begun.get(key))}, here "
                f"{_short(value)}), and results would mix; give all workers the same, or {_FIX}"
            )


def identity(plan: Plan) -> dict[str, Any]:
    """Return what all trials of a sweep must have in common."""
    return {
        "bundle": plan.sweep.bundle.name,
        "code_sha256": code_sha256(Path(radiobundle.__file__).parent),  # a bundle's own modules are in its trials' ids
        "packages": versions_of(_PACKAGES),
        "data_sha256": list(plan.datalist_checksums),
        "images_sha256": images_sha256(plan),
        "metric": plan.metric,
    }


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
