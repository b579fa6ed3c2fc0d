"""Apply what people found when they looked at images: wrong labels, doubts, bad images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.datalists.balance import count_labels, measure_balance
from radiobundle.datalists.datalist_file import Datalist, datalist_checksum
from radiobundle.files import file_sha256
from radiobundle.labels import IGNORED
from radiobundle.sources.label_values import label_value
from radiobundle.sources.table_file import RawTable, read_table
from radiobundle.suggest import did_you_mean, nearest
from radiobundle.words import counted

WRONG, UNSURE, BAD, LEAVE_OUT = MARKS = ("wrong label", "unsure", "bad image", "leave out")
_REQUIRED, _OPTIONAL = ("image", "mark"), ("label", "value", "by", "at", "note")
_ALMOST = 0.75  # similarity of names of which one is the other misspelt
LEFT_OUT = "marked as bad or to be left out"
NO_CLASS = "marked as of no known class"


@dataclass(frozen=True)
class Mark:
    """What somebody said of one image.

    Args:
        location: where it stands, for messages.
        image: name.
        kind: one of `MARKS`.
        label: it is about; "": all.
        value: the right one: 1 or 0 of a label, or the name of an exclusive class; "": not stated.
        facts: `by`, `at`, `note`, as far as they were stated.
    """

    location: str
    image: str
    kind: str
    label: str
    value: str
    facts: Mapping[str, str]


def read_marks(path: str | Path, *, encoding: str | None = None) -> list[Mark]:
    """Read a table of marks: columns `image` and `mark`, optionally `label`, `value`, `by`, `at`, `note`.

    Args:
        path: of the table.
        encoding: of a CSV, see `read_table`.

    Raises:
        ValueError: a column is missing or misspelt, a mark is unknown, or a row names no image.
    """
    known = (*_REQUIRED, *_OPTIONAL)
    raw = read_table(path, wanted=known, encoding=encoding)
    for column in _REQUIRED:
        if column not in raw.rows:
            raise ValueError(
                f"{raw.path} lacks the column '{column}'{did_you_mean(column, map(str, raw.rows.columns))}"
            )
    for column in map(str, raw.rows.columns):
        if column not in known and (meant := nearest(column, known, cutoff=_ALMOST)):  # its values would be passed over
            raise ValueError(f"{raw.path}: unknown column '{column}'; did you mean '{meant}'?")
    raw.refuse_misshapen()
    if not len(raw.rows):
        raise ValueError(f"{raw.path}: holds no marks")
    return [_mark(raw, row) for row in range(len(raw.rows))]


def amend(datalist: Datalist, marks: Sequence[Mark], *, marks_file: str | Path) -> tuple[Datalist, list[str]]:
    """Return the list as people have corrected it, and notes.

    A wrong label becomes the right one if that is stated (of a single label: the other value, if none is stated), else
    it is ignored; a doubtful one is ignored; bad images and those to leave out go, and so does an image whose exclusive
    class is not known any more. No image changes its split.

    Args:
        datalist: to correct.
        marks: of its images.
        marks_file: whose checksum is kept with every change in the provenance, under `amended`.

    Raises:
        ValueError: a mark is of no image or label of the list, two marks contradict each other, or nothing is left.
    """
    where = {item["image"]: (split, item) for split, items in datalist.splits.items() for item in items}
    labels = {name: list(item["label"]) for name, (_, item) in where.items()}
    removed: dict[str, str] = {}
    decided: dict[tuple[str, int], tuple[Mark, Any]] = {}
    changes: list[dict[str, Any]] = []
    for mark in marks:
        if mark.image not in where:
            raise ValueError(f"{mark.location}: no image '{mark.image}' in the list{did_you_mean(mark.image, where)}")
        split, item = where[mark.image]
        right = _right_values(datalist, mark, item["label"])
        if not _is_new(decided, mark, right):
            continue
        before = list(labels[mark.image])
        for at, value in right.items():
            labels[mark.image][at] = value
        if reason := _why_it_goes(datalist, mark, right):
            removed.setdefault(mark.image, reason)
        after = None if reason else list(labels[mark.image])
        changes.append(
            {"image": mark.image, "split": split, "mark": mark.kind, "old": before, "new": after, **mark.facts}
        )
    splits = {
        split: [
            _with_labels(item, labels[item["image"]], datalist.labels) for item in items if item["image"] not in removed
        ]
        for split, items in datalist.splits.items()
    }
    if not any(splits.values()):
        raise ValueError("the marks leave no image in the list")
    amended = {
        "from_sha256": datalist_checksum(datalist),
        "marks": {Path(marks_file).name: file_sha256(marks_file)},
        "changes": changes,
    }
    provenance = _provenance(datalist, splits, amended, removed=Counter(removed.values()))
    notes = [*_notes(changes), *_notes_on_what_is_lost(datalist.splits, splits, removed)]
    return Datalist(datalist.labels, datalist.task, splits, provenance), notes


def _with_labels(item: Mapping[str, Any], label: Sequence[float], names: Sequence[str]) -> dict[str, Any]:
    """Return an item with other labels, without the boxes of findings that are no longer present."""
    found = {**item, "label": list(label)}
    gone = {name for name, before, now in zip(names, item["label"], label, strict=True) if before > 0 >= now}
    if gone and "boxes" in item:
        found["boxes"] = [box for box in item["boxes"] if box.get("label") not in gone]
    return found


def _notes_on_what_is_lost(
    before: Mapping[str, Sequence[Mapping[str, Any]]],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    removed: Mapping[str, str],
) -> list[str]:
    """Return notes on boxes of findings that are not present any more, and on splits that have become empty."""
    there = [item for items in before.values() for item in items if item["image"] not in removed]
    boxes = sum(len(item.get("boxes", ())) for item in there)
    lost = boxes - sum(len(item.get("boxes", ())) for items in after.values() for item in items)
    notes = [f"{counted(lost, 'box', 'boxes')} removed: of findings that are not present any more"] if lost else []
    empty = [split for split, items in before.items() if items and not after[split]]
    return notes + [f"WARNING: {split} has no images any more" for split in empty]


def _provenance(
    datalist: Datalist, splits: dict[str, list[dict[str, Any]]], amended: dict[str, Any], *, removed: Counter[str]
) -> dict[str, Any]:
    """Return where the corrected list comes from: as before, counted again, with the changes."""
    before = datalist.provenance
    values = np.array([item["label"] for items in splits.values() for item in items], dtype=float)
    names = np.array([split for split, items in splits.items() for _ in items])
    left_out = Counter(before.get("images_left_out", {}))
    return {
        "rows_read": len(values) + removed.total(),
        **before,
        "images_left_out": dict(left_out + removed),
        "counts": count_labels(splits, datalist.labels),
        "balance": measure_balance(values, names, datalist.labels),
        "amended": [*before.get("amended", []), amended],
    }


def _mark(raw: RawTable, row: int) -> Mark:
    cells = {name: str(raw.rows[name].iloc[row]).strip() for name in (*_REQUIRED, *_OPTIONAL) if name in raw.rows}
    location = raw.locate(row)
    kind = " ".join(cells["mark"].lower().replace("_", " ").split())
    if not cells["image"]:
        raise ValueError(f"{location}: names no image")
    if kind not in MARKS:
        raise ValueError(f"{location}: mark '{cells['mark']}' is none of {', '.join(MARKS)}{did_you_mean(kind, MARKS)}")
    facts = {name: cells[name] for name in ("by", "at", "note") if cells.get(name)}
    return Mark(location, cells["image"], kind, cells.get("label", ""), cells.get("value", ""), facts)


def _is_new(decided: dict[tuple[str, int], tuple[Mark, Any]], mark: Mark, right: Mapping[int, Any]) -> bool:
    """Note what a mark decides; return whether another one had not said all of it.

    Raises:
        ValueError: another one decided otherwise.
    """
    keys = [(mark.image, at) for at in right] or [(mark.image, -1)]  # -1: the image goes, whatever it is called
    is_new = any(key not in decided for key in keys)
    for key in keys:
        other, value = decided.setdefault(key, (mark, right.get(key[1], LEAVE_OUT)))
        if value != right.get(key[1], LEAVE_OUT):
            raise ValueError(f"{mark.location}: contradicts {other.location} on {mark.image}; keep one of them")
    return is_new


def _why_it_goes(datalist: Datalist, mark: Mark, right: Mapping[int, Any]) -> str:
    """Return why a mark removes its image; empty: it does not."""
    if mark.kind in (BAD, LEAVE_OUT):
        return LEFT_OUT
    return NO_CLASS if datalist.task == "multiclass" and IGNORED in right.values() else ""


def _right_values(datalist: Datalist, mark: Mark, label: Sequence[float]) -> dict[int, Any]:
    """Return the values of an image's label that a mark decides, by position."""
    if mark.label and mark.label not in datalist.labels:
        hint = did_you_mean(mark.label, datalist.labels)
        raise ValueError(f"{mark.location}: no label '{mark.label}' in the list{hint}")
    if mark.kind in (BAD, LEAVE_OUT):
        return {}
    if datalist.task == "multiclass":
        return dict(enumerate(_right_class(datalist, mark)))
    if not mark.label and mark.kind == WRONG and len(datalist.labels) > 1:
        raise ValueError(f"{mark.location}: say under `label` which of {', '.join(datalist.labels)} is wrong")
    about = range(len(label)) if not mark.label else [datalist.labels.index(mark.label)]
    return {at: IGNORED if mark.kind == UNSURE else _right_value(mark, label[at]) for at in about}


def _right_class(datalist: Datalist, mark: Mark) -> list[int]:
    """Return one-hot classes; without a right class all are ignored."""
    if mark.kind == UNSURE or not mark.value:
        return [IGNORED] * len(datalist.labels)
    if mark.value not in datalist.labels:
        hint = did_you_mean(mark.value, datalist.labels) or f"; name the right one of {', '.join(datalist.labels)}"
        raise ValueError(f"{mark.location}: value '{mark.value}' is no class of the list{hint}")
    return [int(name == mark.value) for name in datalist.labels]


def _right_value(mark: Mark, value: float) -> int:
    if mark.value:
        right = label_value(mark.value)
        if right not in (0, 1):
            raise ValueError(f"{mark.location}: value '{mark.value}' of {mark.label}; write 1 or 0")
        return int(right)
    return IGNORED if value not in (0, 1) else 1 - int(value)


def _notes(changes: Sequence[Mapping[str, Any]]) -> list[str]:
    kinds = Counter(str(change["mark"]) for change in changes)
    notes = [", ".join(f"{count} {kind}" for kind, count in kinds.items())]
    same = sum(change["new"] is not None and np.array_equal(change["old"], change["new"]) for change in changes)
    if same:
        notes.append(f"{counted(same, 'mark')} changed nothing: the label was that already")
    tested = sum(change["split"] == "test" for change in changes)
    if tested:
        notes.append(
            f"WARNING: {counted(tested, 'mark')} of test images: results on this list cannot be compared with those on "
            "the one before; evaluate all models on both"
        )
    return notes
