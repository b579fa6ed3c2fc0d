"""The pixels of the images that a page shows: of their files or, where these are gone, of the run's packed store."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
from tqdm import tqdm

from radiobundle.files import require_writable_folder
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.kept import KeptPixels
from radiobundle.images.levels import GreyLevels, read_levels
from radiobundle.viewing.encoding import deflated, script_path, write_script
from radiobundle.viewing.sheets import PER_SHEET, thumbnail, write_sheet
from radiobundle.words import counted

SourceName = Literal["file", "store"]
REDUCED, FROM_STORE, MISSING = "reduced", "store", "missing"
_LARGE_BYTES = 2e9  # of pixels, which is said while they are written


@dataclass(frozen=True)
class Viewed:
    """One image as the page shows it.

    Args:
        levels: its grey levels, perhaps reduced.
        original_px: (height, width) before.
        source: where they come from.
    """

    levels: GreyLevels
    original_px: tuple[int, int]
    source: SourceName

    def packed(self) -> dict[str, Any]:
        """Return it as the page takes it."""
        pixels = self.levels.pixels
        return {
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "bits": 8 * pixels.itemsize,
            "data": deflated(pixels),
            "low": self.levels.low,
            "high": self.levels.high,
            "inverted": False,
            "original": list(self.original_px),
            "source": self.source,
            "unit": "",
        }


@dataclass
class Images:
    """The images of a page.

    Args:
        paths: of the files, in the order of the tiles: rows, then training images; None where unknown.
        rows: number of rows.
        kept: what the run's store holds; None: there is none.
        largest_side_px: of full pixels.
        with_pixels: whether rows have full pixels, not just thumbnails.
    """

    paths: list[Path | None]
    rows: int
    kept: KeptPixels | None = None
    largest_side_px: int = 1024
    with_pixels: bool = True
    counts: Counter[str] = field(default_factory=Counter)
    missing: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def write(self, data: Path, progress: Any) -> None:
        """Write sheets and pixels below a folder.

        Args:
            data: the folder.
            progress: `update` is called with the number of images.

        Raises:
            OSError: the disk has too little room for all pixels, by the size of the first ones.
        """
        with ThreadPoolExecutor(joblib.cpu_count()) as pool:
            for number, start in enumerate(range(0, len(self.paths), PER_SHEET)):
                tiles = range(start, min(start + PER_SHEET, len(self.paths)))
                found = list(pool.map(lambda tile: self._take(data, tile), tiles))
                self._count(tiles, found)
                write_sheet(data / "sheets" / f"{number:04d}.jpg", [one.thumbnail for one in found])
                progress.update(len(found))
                if start == 0 and self.with_pixels:
                    self._foresee_size(data, min(len(found), self.rows))

    def notes(self) -> list[str]:
        """Return what a reader must know of the pixels."""
        missing, stored, reduced = (self.counts[key] for key in (MISSING, FROM_STORE, REDUCED))
        notes = []
        if missing:
            example = f", for example {self.reasons[0]}" if self.reasons else ""
            notes.append(f"{counted(missing, 'image')} cannot be shown{example}")
        if stored:
            said = (
                "is as the network sees it, because its file is"
                if stored == 1
                else ("are as the network sees them, because their files are")
            )
            notes.append(f"{counted(stored, 'image')} {said} gone or damaged")
        if reduced:
            was = "was" if reduced == 1 else "were"
            notes.append(f"{counted(reduced, 'image')} {was} reduced to {self.largest_side_px} px on the longer side")
        return notes

    def _foresee_size(self, data: Path, count: int) -> None:
        """Say how large all pixels will be, by those of the first rows, before the disk is full of them."""
        written = sum(path.stat().st_size for path in (data / "pixels").rglob("*.js"))
        expected = written * self.rows // max(count, 1)
        require_writable_folder(data, needed_bytes=expected - written)
        if expected > _LARGE_BYTES:
            said = f"about {expected / 1e9:.1f} GB of pixels; fewer or smaller images, or thumbnails alone, take less"
            tqdm.write(said, file=sys.stderr)

    def _take(self, data: Path, tile: int) -> _Taken:
        viewed, reason = self._view(self.paths[tile])
        if viewed is None:
            return _Taken(None, "", reason=reason)
        small = thumbnail(viewed.levels.shown)
        if tile >= self.rows or not self.with_pixels:
            return _Taken(small, viewed.source)
        write_script(script_path(data / "pixels", tile), f"pixels/{tile}", viewed.packed())
        return _Taken(small, viewed.source, viewed.levels.pixels.shape != viewed.original_px)

    def _view(self, path: Path | None) -> tuple[Viewed | None, str]:
        """Return an image, or why there is none."""
        if path is None:
            return None, ""
        try:
            levels = read_levels(path)
            return Viewed(levels.reduced(self.largest_side_px), levels.pixels.shape, "file"), ""
        except UnreadableImageError as error:
            reason = str(error)
        pixels = None if self.kept is None else self.kept.find(path)
        if pixels is None:
            return None, reason
        grey = np.rint(pixels.mean(axis=0)).astype(np.uint8)
        return Viewed(GreyLevels(grey, 0, 255).reduced(self.largest_side_px), grey.shape, "store"), ""

    def _count(self, tiles: range, found: list[_Taken]) -> None:
        for tile, one in zip(tiles, found, strict=True):
            if one.thumbnail is None:
                self.missing.append(tile)
            if tile >= self.rows:
                continue
            self.counts[MISSING] += one.thumbnail is None
            self.counts[FROM_STORE] += one.source == "store"
            self.counts[REDUCED] += one.is_reduced
            if one.reason:
                self.reasons.append(one.reason)


@dataclass(frozen=True)
class _Taken:
    """What became of one image."""

    thumbnail: np.ndarray | None
    source: str
    is_reduced: bool = False
    reason: str = ""
