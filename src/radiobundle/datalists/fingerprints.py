"""Read every image once and keep what tells it from others: checksum, perceptual hash, thumbnail, mode, size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image
from tqdm import tqdm

from radiobundle.datalists.datalist_file import file_sha256
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale

HASH_SIZE = 16
THUMBNAIL_PX = 32


@dataclass(frozen=True)
class Fingerprint:
    """One readable image: its bytes, its look, its form."""

    sha256: str
    hash_bits: np.ndarray  # bool (HASH_SIZE ** 2,)
    thumbnail: np.ndarray  # uint8 (THUMBNAIL_PX, THUMBNAIL_PX)
    mode: str
    size_px: tuple[int, int]  # width, height


def fingerprint_images(
    dataset_dir: Path, names: Sequence[str], *, workers: int | None = None
) -> tuple[dict[str, Fingerprint], dict[str, str]]:
    """Read images below a folder, with a progress bar on stderr.

    Returns:
        the fingerprint of every readable image, and the reason for every unreadable one, both by name in given order.
    """
    workers = workers or min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda name: _fingerprint(dataset_dir / name), names)
        bar = tqdm(results, total=len(names), desc="reading images", unit="image", disable=None)
        found = dict(zip(names, bar, strict=True))
    readable = {name: result for name, result in found.items() if isinstance(result, Fingerprint)}
    return readable, {name: result for name, result in found.items() if isinstance(result, str)}


def _fingerprint(path: Path) -> Fingerprint | str:
    try:
        pixels = read_grayscale(path)
        with Image.open(path) as image:
            mode, size_px = image.mode, image.size
        film = Image.fromarray(_to_8_bit(pixels))
        return Fingerprint(
            sha256=file_sha256(path),
            hash_bits=imagehash.phash(film, hash_size=HASH_SIZE).hash.ravel(),
            thumbnail=np.asarray(film.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)),
            mode=mode,
            size_px=size_px,
        )
    except UnreadableImageError as error:
        return str(error).removeprefix(f"{path}: ")
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"


def _to_8_bit(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    return np.rint((pixels - low) * (255.0 / max(high - low, 1.0))).astype(np.uint8)
