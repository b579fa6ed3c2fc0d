"""The growing table of predictions: resumed after an interruption, and renamed only when complete."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from radiobundle.files import explaining_os_errors, read_json, remove_leftovers, require_writable_folder, write_json
from radiobundle.images.search import FoundImage
from radiobundle.words import counted

TABLE, FAILED, MANIFEST, FEATURES = "predictions.csv", "failed.csv", "predict.json", "features.npz"


class Failure(NamedTuple):
    """A line of `failed.csv`."""

    image: str
    type: str
    """The step that failed: the row of a list, reading, the heat map, the report."""
    reason: str


class Results:
    """Rows are written to `predictions.partial.csv` and `failed.partial.csv`, which lose `.partial` at the end.

    Args:
        folder: output folder.
        manifest: what produces the rows from what; an interrupted prediction is resumed only if it is the same.
        overwrite: overwrite existing results.

    Raises:
        ValueError: the folder holds finished results, or unfinished ones from another model or other options.
    """

    def __init__(self, folder: str | Path, *, manifest: dict[str, Any], overwrite: bool = False) -> None:
        self.folder = Path(folder)
        require_writable_folder(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for place in (self.folder, self.folder / "heat", self.folder / "dicom"):
            remove_leftovers(place)
        if overwrite:
            for name in (TABLE, FAILED, MANIFEST, FEATURES):
                (self.folder / name).unlink(missing_ok=True)
                self.partial(name).unlink(missing_ok=True)
        if (self.folder / TABLE).exists():
            raise ValueError(f"{self.folder / TABLE} already exists; name another folder or give `overwrite`")
        known = self.folder / MANIFEST
        if known.exists() and read_json(known, fix="give `overwrite`") != json.loads(json.dumps(manifest)):
            raise ValueError(
                f"{self.folder} holds unfinished results from another model, other images or other options; use the "
                "same ones to continue, or `overwrite` to start over"
            )
        self.predicted = self._resume(TABLE)
        self.done = {*self.predicted, *self._resume(FAILED)}
        if not self.done:
            write_json(known, manifest)  # whose time is that of the start

    def require_unchanged(self, images: Iterable[FoundImage]) -> None:
        """Refuse to continue if an image that is done has changed since the start, or is not among the inputs any more.

        Raises:
            ValueError: the message names the first such image.
        """
        begun, missing, changed = (self.folder / MANIFEST).stat().st_mtime, set(self.done), list[str]()
        for image in images:
            if image.name in missing and not image.reason and _last_change(image.path) > begun:
                changed.append(image.name)
            missing.discard(image.name)
        for names, what in ((changed, "have changed since"), (sorted(missing), "are not among the inputs any more")):
            if names:
                raise ValueError(
                    f"{self.folder} holds unfinished results of {counted(len(names), 'image')} that {what}, such as "
                    f"{names[0]}; give `overwrite` to start over"
                )

    def add(self, rows: pd.DataFrame) -> None:
        """Append predictions."""
        self._append(TABLE, rows)
        self.predicted += rows["image"].tolist()

    def fail(self, failures: Sequence[Failure]) -> None:
        """Append images that could not be read, plotted or reported."""
        if failures:
            self._append(FAILED, pd.DataFrame(failures, columns=Failure._fields))

    def finish(self) -> int:
        """Give the tables their final names; return how many images failed."""
        for name in (TABLE, FAILED):
            if self.partial(name).exists():
                self.partial(name).replace(self.folder / name)
        failed = self.folder / FAILED
        return len(pd.read_csv(failed)) if failed.exists() else 0

    def partial(self, name: str) -> Path:
        """Return the name of a file while it grows."""
        return (self.folder / name).with_suffix(f".partial{Path(name).suffix}")

    def _append(self, name: str, rows: pd.DataFrame) -> None:
        path = self.partial(name)
        text = rows.to_csv(index=False, header=not path.exists())
        with (
            explaining_os_errors(self.folder),
            path.open("a", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            file.write(text)

    def _resume(self, name: str) -> list[str]:
        """Return the images of an unfinished table, after removing an incomplete last line."""
        path = self.partial(name)
        if not path.exists():
            return []
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            path.write_bytes(whole)
        if not whole:
            path.unlink()
            return []
        return [str(image) for image in pd.read_csv(path, usecols=["image"], dtype=str, keep_default_na=False)["image"]]


def _last_change(path: Path) -> float:
    """Return when a file was written or replaced, a copy with the times of its original too; 0 if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0.0
    return max(found.st_mtime, found.st_ctime)
