"""Can trainings on these datalists be compared, and are several of them folds of one list?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radiobundle.datalists.datalist_file import Datalist


def check_folds(lists: Sequence[Datalist], paths: Sequence[Path]) -> None:
    """Refuse folds of different labels, folds whose validation overlaps, and validation that lacks a class.

    Args:
        lists: contents, by fold.
        paths: of the datalists.

    Raises:
        ValueError: the message names the datalist.
    """
    fold_of_image: dict[str, int] = {}
    for fold, (content, path) in enumerate(zip(lists, paths, strict=True)):
        if content.labels != lists[0].labels or content.task != lists[0].task:
            raise ValueError(f"{path}: has other labels than {paths[0].name}; folds are of one list")
        items = content.splits.get("validation", [])
        if not items:
            raise ValueError(f"{path}: has no validation images, by which trials are compared")
        for index, label in enumerate(content.labels):
            known = {item["label"][index] for item in items}
            if not {0, 1} <= known:
                which = "no" if 1 not in known else "every"
                raise ValueError(
                    f"{path}: {which} validation image has '{label}', so its scores are undefined there; make fewer "
                    "folds, or leave the label out"
                )
        for item in items:
            other = fold_of_image.setdefault(item["image"], fold)
            if other != fold:
                raise ValueError(
                    f"{path}: validation image '{item['image']}' is in the validation of {paths[other].name} too; "
                    "several datalists must be folds, as `radiobundle datalist --folds` makes them"
                )
