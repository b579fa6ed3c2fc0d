"""Start-up: from the training command to the first iteration, against `python -c "import monai"`.

Both run as fresh processes. The command is the stock one, from a warm store, with one overlay that replaces the run by
making the trainer and fetching the first batch.

    python scripts/benchmark_startup.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmark_common import BUNDLE, describe_machine, make_images, make_parser, publish

FIRST_BATCH = {"run": ["$@train#trainer", "$next(iter(@train#dataloader))"]}


def main() -> None:
    parser = make_parser(__doc__, rounds=5)
    parser.add_argument("--images", type=int, default=640)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_images(folder, arguments.images)
        (folder / "first_batch.json").write_text(json.dumps(FIRST_BATCH))
        files = f"['configs/train.json','{folder / 'first_batch.json'}']"
        options = [part for key, value in paths.items() for part in (f"--{key}", value)]
        contenders = {
            "import monai": ["-c", "import monai"],
            "to the first iteration": ["-m", "monai.bundle", "run", "training", "--config_file", files, *options],
        }
        seconds: dict[str, list[float]] = {label: [] for label in contenders}
        for turn in range(arguments.rounds + 1):
            for label, command in contenders.items():
                taken = time_process(command)
                if turn:  # the first turn warms the file cache and packs the images
                    seconds[label].append(taken)
    rows = [
        {"": label, "seconds": round(statistics.median(values), 2), "rounds": f"{min(values):.2f} to {max(values):.2f}"}
        for label, values in seconds.items()
    ]
    rows.append({"": "ratio", "seconds": round(rows[1]["seconds"] / rows[0]["seconds"], 2), "rounds": ""})  # type: ignore[operator]
    publish("Start-up", {"machine": describe_machine(), "images": arguments.images}, rows, arguments.output)


def time_process(arguments: Sequence[str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=BUNDLE)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
