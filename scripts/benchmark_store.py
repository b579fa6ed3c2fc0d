"""Filling the packed image store, against a bare parallel decode loop and against MONAI's two caches.

The bare loop opens and resizes each file with Pillow on as many threads as the store uses and keeps the pixels in one
array in memory: no hashing, no index, nothing on disk. It is timed twice: decoding in full, and decoding JPEG at the
smallest scale that suffices, as the store does. CacheDataset and PersistentDataset decode and resize with MONAI's
LoadImaged and Resized. Every turn fills from nothing; the operating system's file cache is warm for all.

    python scripts/benchmark_store.py                                     # synthetic JPEG images of 150 px
    python scripts/benchmark_store.py --source-size 1024 --images 300
    python scripts/benchmark_store.py --folder FOLDER                      # your images
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from monai.data import CacheDataset, PersistentDataset
from monai.transforms import Compose, LoadImaged, Resized, ScaleIntensityd
from PIL import Image

from benchmark_common import describe_machine, make_images, make_parser, publish, race, speed_rows
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.training import image_items

OURS = "packed store"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--folder", type=Path, help="folder of real images (default: synthetic ones)")
    parser.add_argument("--images", type=int, default=1000, help="at most so many images (default %(default)s)")
    parser.add_argument("--source-size", type=int, default=150, help="pixels per side of the synthetic images")
    parser.add_argument("--image-size", type=int, default=128, help="pixels per side in the store")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.folder is None:
            make_images(folder, arguments.images, size_px=arguments.source_size)
        items = image_items(arguments.folder or folder / "images")
        paths = [item["image"] for item in items[: arguments.images]]
        speeds = race(contenders(folder, paths, arguments.image_size), rounds=arguments.rounds)
    facts = {
        "machine": describe_machine(),
        "images": len(paths),
        "source": "real" if arguments.folder else f"synthetic, {arguments.source_size} px",
        "stored at": f"{arguments.image_size} px",
    }
    publish("Filling the store", facts, speed_rows(speeds, OURS), arguments.output)


def contenders(folder: Path, paths: list[str], size: int) -> dict[str, Callable[[], int]]:
    transforms = Compose(
        [
            LoadImaged("image", image_only=True, ensure_channel_first=True),
            Resized("image", (size, size)),
            ScaleIntensityd("image"),
        ]
    )
    items = [{"image": path} for path in paths]
    workers = len(os.sched_getaffinity(0))

    def store() -> int:
        shutil.rmtree(folder / "store", ignore_errors=True)
        ImageStore(folder / "store", RadiographReader([size, size]), progress=False).locate(paths)
        return len(paths)

    def cache() -> int:
        CacheDataset(items, transforms, num_workers=workers, progress=False)
        return len(paths)

    def persistent() -> int:
        shutil.rmtree(folder / "persistent", ignore_errors=True)
        dataset = PersistentDataset(items, transforms, cache_dir=folder / "persistent")
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(dataset.__getitem__, range(len(items))))
        return len(paths)

    return {
        OURS: store,
        "bare loop, full decoding": lambda: bare(paths, size, workers, scaled=False),
        "bare loop, scaled decoding": lambda: bare(paths, size, workers, scaled=True),
        "CacheDataset": cache,
        "PersistentDataset": persistent,
    }


def bare(paths: list[str], size: int, workers: int, *, scaled: bool) -> int:
    pixels = np.empty((len(paths), size, size), np.uint8)

    def read(number: int) -> None:
        with Image.open(paths[number]) as image:
            if scaled:
                image.draft("L", (size, size))
            pixels[number] = np.asarray(image.convert("L").resize((size, size), Image.Resampling.BILINEAR))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(read, range(len(paths))))
    return len(paths)


if __name__ == "__main__":
    main()
