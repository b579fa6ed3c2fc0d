"""Read every image once and keep what distinguishes it: checksum, thumbnails, mode, size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from radiobundle.datalists.looks import View, look_at
from radiobundle.datalists.opencv_threads import one_opencv_thread
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.folders import Folders
from radiobundle.images.grayscale import open_grayscale, read_bytes


@dataclass(frozen=True)
class Fingerprint:
    """One readable image: its bytes, its appearance (see `looks.py`), its format."""

    sha256: str
    views: list[View]
    mode: str
    size_px: tuple[int, int]  # width, height in the file


def fingerprint_images(
    dataset_dir: Folders, names: Sequence[str], *, looks: bool = True
) -> tuple[dict[str, Fingerprint], dict[str, str]]:
    """Read images below a folder, with a progress bar on stderr.

    Returns:
        the fingerprint of every readable image, and the reason for every unreadable one, both by name in given order.
    """
    with one_opencv_thread(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        results = pool.map(lambda name: _fingerprint(dataset_dir / name, looks), names)
        bar = tqdm(results, total=len(names), desc="reading images", unit="image", disable=None)
        found = dict(zip(names, bar, strict=True))
    readable = {name: result for name, result in found.items() if isinstance(result, Fingerprint)}
    return readable, {name: result for name, result in found.items() if isinstance(result, str)}


def _fingerprint(path: Path, looks: bool) -> Fingerprint | str:
    try:
        data = read_bytes(path)
        opened = open_grayscale(data, str(path), min_size_px=None)
    except UnreadableImageError as error:
        return str(error).removeprefix(f"{path}: ")
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return Fingerprint(
        sha256=hashlib.sha256(data).hexdigest(),
        views=look_at(np.asarray(opened.image)) if looks else [],
        mode=opened.mode,
        size_px=opened.size_px,
    )
