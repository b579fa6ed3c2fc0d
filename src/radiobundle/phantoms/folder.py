"""Shared by all phantom folders: checks before they are made, and a README that says the images are synthetic."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from PIL.PngImagePlugin import PngInfo
from tqdm import tqdm

Job = TypeVar("Job")

COMMENT = "synthetic phantom drawn by radiobundle; not a radiograph of a person"
PNG_COMMENT = PngInfo()
PNG_COMMENT.add_text("Comment", COMMENT)
MIN_SIZE_PX = 32
_README = """SYNTHETIC IMAGES. Every file below this folder was drawn by `radiobundle phantom {task}` (seed {seed}).
They show no person, carry no medical information, and say nothing about how a model performs on real images.
Use them to test software only. {hints}
"""


def drawing(jobs: Iterable[Job], *, unit: str) -> Iterable[Job]:
    """Return the items to draw, with a progress bar (only on a terminal)."""
    plural = "studies" if unit == "study" else f"{unit}s"
    return tqdm(jobs, desc=f"drawing {plural}", unit=unit, disable=None, file=sys.stderr)


def new_phantom_folder(
    output: Path, *, task: str, n_images: int, min_images: int, size_px: int, seed: int, hints: str
) -> None:
    """Make the folder with a README.txt that says what it is.

    Args:
        output: new or empty.
        task: task whose layout is used.
        n_images: number of images.
        min_images: smallest number without an empty class.
        size_px: height and width.
        seed: seed of the drawing.
        hints: a note on what is drawn.

    Raises:
        ValueError: too few images, an image too small, a negative seed, or `output` is not empty.
    """
    if n_images < min_images:
        raise ValueError(f"`images` {n_images}: at least {min_images} are needed so that no class is empty")
    if size_px < MIN_SIZE_PX:
        raise ValueError(f"`size` {size_px}: at least {MIN_SIZE_PX} pixels are needed to show anything")
    if seed < 0:
        raise ValueError(f"`seed` {seed}: must not be negative")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(f"{output}: already holds files; name a new or empty folder")
    output.mkdir(parents=True, exist_ok=True)
    (output / "README.txt").write_text(_README.format(task=task, seed=seed, hints=hints), encoding="utf-8")
