"""Peak memory of reading a data set through the packed store and through CacheDataset, as it grows.

Each case runs in a process of its own: it opens the data set, reads every image once in batches of 64 at 128 px, and
reports its private memory (what no other process shares and the system cannot reclaim) above that of the bare imports.
The pages of the memory-mapped store are shared and reclaimable; they are shown apart. The images are tiny distinct PNG
files, so that 112,120 of them (the size of ChestX-ray14) are made quickly. CacheDataset is not filled beyond
`--cache-limit` images.

    python scripts/benchmark_memory.py [--counts 1000,5000,112120]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmark_common import describe_machine, make_parser, publish

SIZE_PX = 128
BATCH = 64


def main() -> None:
    parser = make_parser(__doc__, rounds=1)
    parser.add_argument("--counts", default="1000,5000,112120", help="sizes of the data set (default %(default)s)")
    parser.add_argument("--cache-limit", type=int, default=5000)
    parser.add_argument("--measure", choices=["store", "cache"], help=argparse_hidden())
    parser.add_argument("--folder", type=Path, help=argparse_hidden())
    parser.add_argument("--count", type=int, help=argparse_hidden())
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.folder, arguments.count)))
        return
    counts = [int(count) for count in arguments.counts.split(",")]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_tiny_images(folder, max(counts))
        for count in counts:
            rows.append(in_own_process("store", folder, count))
            if count <= arguments.cache_limit:
                rows.append(in_own_process("cache", folder, count))
    publish("Memory", {"machine": describe_machine(), "images at": f"{SIZE_PX} px"}, rows, arguments.output)


def argparse_hidden() -> str:
    return "used by the benchmark itself, for the process of one case"


def make_tiny_images(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (12, 12), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:06}.png", compress_level=0)


def in_own_process(kind: str, folder: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", kind, "--folder", str(folder), "--count", str(count)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return row


def measure(kind: str, folder: Path, count: int) -> dict[str, Any]:
    from monai.data import CacheDataset, DataLoader  # noqa: PLC0415 (the parent process measures nothing)
    from monai.transforms import Compose, LoadImaged, Resized, ScaleIntensityd  # noqa: PLC0415

    from radiobundle.images.dataset import StoreDataset  # noqa: PLC0415
    from radiobundle.images.reader import RadiographReader  # noqa: PLC0415
    from radiobundle.images.store import ImageStore  # noqa: PLC0415
    from radiobundle.training import eval_loader  # noqa: PLC0415

    items = [{"image": str(folder / f"{number:06}.png"), "label": [0]} for number in range(count)]
    before = private_bytes()
    if kind == "store":
        store = ImageStore(folder / "store", RadiographReader([SIZE_PX, SIZE_PX]), progress=False)
        loader: Any = eval_loader(StoreDataset(items, store), batch_size=BATCH)
    else:
        transforms = Compose(
            [
                LoadImaged("image", image_only=True, ensure_channel_first=True),
                Resized("image", (SIZE_PX, SIZE_PX)),
                ScaleIntensityd("image"),
            ]
        )
        loader = DataLoader(CacheDataset(items, transforms, progress=False), batch_size=BATCH)
    seen, peak = 0, 0
    for batch in loader:
        seen += len(batch["image"])
        peak = max(peak, private_bytes())
    assert seen == count
    return {
        "data set": f"{count:,} images",
        "through": {"store": "packed store", "cache": "CacheDataset"}[kind],
        "private MB": round((peak - before) / 2**20),
        "shared, reclaimable MB": round(status_bytes("RssFile") / 2**20),
    }


def private_bytes() -> int:
    return status_bytes("RssAnon")


def status_bytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise OSError("this benchmark reads /proc/self/status, which Linux has")


if __name__ == "__main__":
    main()
