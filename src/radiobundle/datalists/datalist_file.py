"""The datalist JSON: reading with checks, writing atomically. Light imports, because training reads it too."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radiobundle.files import read_json, require_writable_folder, write_text
from radiobundle.labels import IGNORED, SPLIT_ALIASES, SPLIT_NAMES, TASKS, UNCERTAIN_CLASS, Task, split_name
from radiobundle.suggest import did_you_mean

_KEYS = ("labels", "task", *SPLIT_NAMES, "provenance")
_IDS = ("patient_id", "study_id")
_NOT_KNOWN = (IGNORED, UNCERTAIN_CLASS)
_SHOWN = 80  # characters of a wrong value in messages
_CLIMBS_OUT = re.compile(r"^/|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\\")


@dataclass(frozen=True)
class Datalist:
    """Which labels are trained and evaluated on which image.

    Args:
        labels: names in the order of each item's `label` list.
        task: `multiclass` (exactly one label is 1) or `multilabel`.
        splits: items of `training`, `validation` and `test`; an item is
            `{"image": relative posix path, "label": [1 | 0 | -1 = ignored, ...], "patient_id": ..., ...}`. Where labels
            may occur together, one may also be soft, between 0 and 1, or -2: uncertain, see `labels.UNCERTAIN_CLASS`.
        provenance: where the list comes from, see `datalists/README.md`.
    """

    labels: tuple[str, ...]
    task: Task
    splits: dict[str, list[dict[str, Any]]]
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def items(self) -> list[dict[str, Any]]:
        """Those of all splits."""
        return [item for items in self.splits.values() for item in items]


def read_datalist(path: str | Path) -> Datalist:
    """Read and check a datalist.

    Raises:
        ValueError: the file is missing, not JSON or not a datalist, it holds items outside the splits, a label or an id
            is wrong, an image path leaves the dataset folder, or an image is in the list twice. The message names the
            file and the entry.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such datalist; make one with `radiobundle datalist SOURCE DIR --output {path}`")
    content = read_json(path, fix="make the datalist again", unique=True)
    try:
        datalist = _from_json(content)
        check_datalist(datalist)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return datalist


def check_datalist(datalist: Datalist) -> None:
    """Raise ValueError, naming the entry, if a datalist is invalid."""
    split_of_image: dict[str, str] = {}
    seen = 0
    for split, items in datalist.splits.items():
        for position, item in enumerate(items):
            where = f"{split}[{position}]"
            image = _checked_image(item, where)
            _check_label(item.get("label"), datalist, f"{where} ({image})")
            _check_ids(item, f"{where} ({image})")
            other = split_of_image.setdefault(posixpath.normpath(image), split)
            if other != split:
                raise ValueError(f"{where}: image '{image}' is also in {other}; keep it in one split")
            seen += 1
            if len(split_of_image) < seen:
                raise ValueError(f"{where}: image '{image}' is in {split} twice; keep one of the two")


def datalist_checksum(datalist: Datalist) -> str:
    """Return the SHA-256 of a datalist's content (labels, task, splits), whatever its provenance or spacing."""
    content = {"labels": list(datalist.labels), "task": datalist.task, **datalist.splits}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_datalist(datalist: Datalist, path: str | Path) -> None:
    """Write a datalist atomically, one item per line, with its checksum in the provenance.

    Raises:
        ValueError: the datalist is invalid.
        OSError: the folder is not writable or full.
    """
    check_datalist(datalist)
    provenance = {**datalist.provenance, "sha256": datalist_checksum(datalist)}
    parts = [f'"labels": {json.dumps(list(datalist.labels), ensure_ascii=False)}', f'"task": "{datalist.task}"']
    for split in SPLIT_NAMES:
        items = ",\n".join(
            json.dumps(item, ensure_ascii=False, allow_nan=False) for item in datalist.splits.get(split, [])
        )
        parts.append(f'"{split}": [\n{items}\n]' if items else f'"{split}": []')
    parts.append(f'"provenance": {json.dumps(provenance, indent=1, ensure_ascii=False, allow_nan=False)}')
    require_writable_folder(Path(path).parent)
    write_text(path, "{\n" + ",\n".join(parts) + "\n}\n")


def _from_json(content: Any) -> Datalist:
    if not isinstance(content, dict):
        raise ValueError(f"a datalist is a JSON object with the keys {', '.join(_KEYS)}")
    labels, task = content.get("labels"), content.get("task")
    if not isinstance(labels, list) or not labels or not all(isinstance(name, str) for name in labels):
        raise ValueError("'labels' must be a list of names")
    if len(set(labels)) < len(labels):
        raise ValueError(f"'labels' names a label twice: {labels}")
    if task not in TASKS:
        raise ValueError(f"'task' is {task!r}; it must be one of {', '.join(TASKS)}")
    splits = _splits(content)
    if not any(splits.values()):
        raise ValueError(f"no items in {', '.join(SPLIT_NAMES)}")
    provenance = content.get("provenance")
    if not isinstance(provenance, (dict, type(None))):
        raise ValueError(f"'provenance' must be an object, got {str(provenance)[:_SHOWN]!r}")
    return Datalist(tuple(labels), task, splits, provenance or {})


def _splits(content: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the items of every split, whatever the abbreviations of their keys, so that none is left unread."""
    named: dict[str, str] = {}
    for key, value in content.items():
        name = split_name(key)
        if name in SPLIT_NAMES:
            if (other := named.setdefault(name, key)) != key:
                raise ValueError(f"'{other}' and '{key}' both name the split {name}; keep one of them")
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise ValueError(f"'{key}' must be a list of objects with 'image' and 'label'")
        elif key not in _KEYS and isinstance(value, list) and any(isinstance(item, dict) for item in value):
            hint = did_you_mean(key, (*SPLIT_NAMES, *SPLIT_ALIASES))
            raise ValueError(
                f"'{key}' holds {len(value)} items but is not a split{hint or ''}; the splits are "
                f"{', '.join(SPLIT_NAMES)}"
            )
    return {name: content[named[name]] if name in named else [] for name in SPLIT_NAMES}


def _checked_image(item: dict[str, Any], where: str) -> str:
    image = item.get("image")
    if not isinstance(image, str) or not image:
        raise ValueError(f"{where}: 'image' must be a path relative to the dataset folder, got {image!r}")
    if _CLIMBS_OUT.search(image):
        raise ValueError(
            f"{where}: image '{image}' leaves the dataset folder; use a relative path with '/' and without '..'"
        )
    return image


def _check_ids(item: dict[str, Any], where: str) -> None:
    for name in _IDS:
        value = item.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
            raise ValueError(f"{where}: '{name}' must be text or a number, got {str(value)[:_SHOWN]!r}")


def _check_label(label: Any, datalist: Datalist, where: str) -> None:
    if not isinstance(label, list) or len(label) != len(datalist.labels):
        raise ValueError(f"{where}: 'label' must be a list of {len(datalist.labels)} values, got {label!r}")
    if not all(type(value) in (int, float) and (0 <= value <= 1 or value in _NOT_KNOWN) for value in label):
        raise ValueError(
            f"{where}: label {label!r} holds values other than 1, 0 and -1 (ignored), soft labels between 0 and 1, "
            "and -2 (uncertain)"
        )
    if datalist.task == "multiclass" and sorted(label) != [0] * (len(label) - 1) + [1]:
        raise ValueError(
            f"{where}: label {label!r} must hold exactly one 1 and otherwise 0, because 'task' is multiclass"
        )
