"""How time and memory grow with the images: of a datalist, its audit, the store, an epoch, an evaluation, a report.

Each stage is the public command in a process of its own. The smallest size is mostly start-up; its seconds and memory
are subtracted before exponents are taken: the slopes of the logarithm of what is left over that of the images, between
neighbouring sizes and as one line through all. Processor time counts; wall time depends on what else is running.

    python scripts/benchmark_growth.py NIH_DIR [--sizes 200,1000,10000,112120] [--work DIR] [--stages audit,report]

Stages: the list without reading images, with byte-identical copies, and with near-identical ones (the default); the
audit; the store, up to the first batch of a training; an epoch; an evaluation without its report; the report.
NIH_DIR holds images of ChestX-ray14 in `images`, the NIH's whole label table and the official lists. A size is that
many rows of the table, in its order, with all images of a patient together. Every row gets an image that resembles no
other more than two radiographs do: the mean of two bent, turned, zoomed and shifted images, 96 px, PNG. The network is
a small one at 32 px (`SimpleCNN`), so that the machinery and not the network is measured; epochs are complete, with
validation.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd

from benchmark_common import describe_machine, make_parser, publish
from measure_duplicates import image_paths, read_small, variant
from measured_process import Usage, measured
from radiobundle.sources.chestxray14 import TABLES
from radiobundle.sources.chestxray14_lists import LISTS

BUNDLE = Path(__file__).parents[1] / "bundles" / "chestxray14"
IMAGE_PX, NETWORK_PX = 96, 32
RADIOBUNDLE = (sys.executable, "-m", "radiobundle")
AUDIT_FOUND_SOMETHING = (1, 3)  # leakage, or images alike by chance
SMALL_NETWORK = {
    "network_def": {
        "_target_": "radiobundle.networks.SimpleCNN",
        "in_channels": "@input_channels",
        "num_classes": "@num_classes",
    },
    "image_size_px": [NETWORK_PX, NETWORK_PX],
    "max_epochs": 1,
}
FIRST_BATCH = {"run": ["$@train#trainer", "$next(iter(@train#dataloader))"]}


class Stage(NamedTuple):
    """One command: its arguments for the folder of a size, and the exit statuses that are no failure."""

    command: Callable[[Path], list[str]]
    accepted: Sequence[int] = (0,)
    makes: str = ""  # a folder that must not be there before


def main() -> None:
    parser = make_parser(__doc__, rounds=1)
    parser.add_argument("nih_dir", type=Path)
    parser.add_argument("--sizes", default="200,1000,10000,112120", help="the first is start-up (default %(default)s)")
    parser.add_argument("--stages", help=f"some of {', '.join(STAGES)} (default: all; each needs the ones before)")
    parser.add_argument("--work", type=Path, help="folder that keeps images and results (default: a temporary one)")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    stages = arguments.stages.split(",") if arguments.stages else list(STAGES)
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).resolve()
        make_sizes(arguments.nih_dir, work, sizes)
        used = measure(work, sizes, stages, rounds=arguments.rounds)
    facts = {"machine": describe_machine(), "images": f"{IMAGE_PX} px", "network": f"SimpleCNN, {NETWORK_PX} px"}
    publish("Growth of processor time (s)", facts, growth_rows(used, sizes, "processor_seconds"), None)
    publish("Growth of wall time (s)", facts, growth_rows(used, sizes, "seconds"), None)
    publish("Growth of peak memory (MB)", facts, growth_rows(used, sizes, "peak_mb"), arguments.output)


def measure(work: Path, sizes: Sequence[int], stages: Sequence[str], *, rounds: int) -> dict[str, list[list[Usage]]]:
    """Run every stage at every size, unless the folder records it; return for each stage and size what each round used.

    What was measured is recorded in `usage.jsonl`, so that an interrupted benchmark goes on where it was.
    """
    record = work / "usage.jsonl"
    known = dict(map(read_line, record.read_text("utf-8").splitlines())) if record.exists() else {}
    used: dict[str, list[list[Usage]]] = {name: [[] for _ in sizes] for name in stages}
    for number, (index, size), name in itertools.product(range(rounds), enumerate(sizes), stages):
        if (number, size, name) not in known:
            known[number, size, name] = usage = run_stage(STAGES[name], work / str(size))
            line = json.dumps({"round": number, "images": size, "stage": name, **usage._asdict(), "said": ""})
            with record.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            print(line, file=sys.stderr, flush=True)
        used[name][index].append(known[number, size, name])
    return used


def read_line(line: str) -> tuple[tuple[int, int, str], Usage]:
    content = json.loads(line)
    return (content.pop("round"), content.pop("images"), content.pop("stage")), Usage(**content)


def run_stage(stage: Stage, folder: Path) -> Usage:
    if stage.makes:
        shutil.rmtree(folder / stage.makes, ignore_errors=True)
    usage = measured(stage.command(folder), cwd=BUNDLE)
    if usage.status not in stage.accepted:
        raise SystemExit(f"{' '.join(stage.command(folder))}\n{usage.said}")
    return usage


def growth_rows(used: Mapping[str, list[list[Usage]]], sizes: Sequence[int], what: str) -> list[dict[str, Any]]:
    """Return a row per stage: the medians at each size and the exponents above start-up."""
    rows = []
    for name, by_size in used.items():
        values = [statistics.median(getattr(usage, what) for usage in usages) for usages in by_size]
        row: dict[str, Any] = {
            "": name,
            **{f"{size:,}": f"{value:.1f}" for size, value in zip(sizes, values, strict=True)},
        }
        for (one, other), slope in exponents(sizes[1:], [value - values[0] for value in values[1:]]).items():
            row[f"{one:,} to {other:,}"] = "" if slope is None else f"{slope:.2f}"
        rows.append(row)
    return rows


def exponents(sizes: Sequence[int], values: Sequence[float]) -> dict[tuple[int, int], float | None]:
    """Return the slope of log value over log size from each size to the next, and of the line through all sizes.

    None: a value is not positive, since nothing grew.

    >>> exponents([10, 100, 1000], [3.0, 30.0, 3000.0])
    {(10, 100): 1.0, (100, 1000): 2.0, (10, 1000): 1.5}
    """
    found: dict[tuple[int, int], float | None] = {}
    spans: list[slice] = [slice(start, start + 2) for start in range(len(sizes) - 1)] + [slice(None)]
    for span in spans:
        x, y = np.log(sizes[span]), np.array(values[span])
        key = (sizes[span][0], sizes[span][-1])
        found[key] = round(float(np.polyfit(x, np.log(y), 1)[0]), 6) if (y > 0).all() else None
    return found


def make_sizes(nih_dir: Path, work: Path, sizes: Sequence[int]) -> None:
    """Make a folder in the NIH's layout for each size; the smaller ones link to the images of the largest."""
    table = pd.read_csv(next(nih_dir.glob(f"{TABLES[0]}*")))
    lists = {file: set((nih_dir / file).read_text("utf-8").split()) for file in LISTS.values()}
    names = table["Image Index"].tolist()[: max(sizes)]
    pixels = work / f"images_{IMAGE_PX}_px"
    make_images(sorted(image_paths(nih_dir / "images")), pixels, names)
    for size in sizes:
        folder = work / str(size)
        (folder / "images").mkdir(parents=True, exist_ok=True)
        table[:size].to_csv(folder / TABLES[0], index=False)
        for file, listed in lists.items():
            (folder / file).write_text("".join(f"{name}\n" for name in names[:size] if name in listed), "utf-8")
        for name in names[:size]:
            if not (folder / "images" / name).exists():
                os.link(pixels / name, folder / "images" / name)
        (folder / "small.json").write_text(json.dumps(SMALL_NETWORK), "utf-8")
        (folder / "first_batch.json").write_text(json.dumps(FIRST_BATCH), "utf-8")


def make_images(sources: Sequence[Path], folder: Path, names: Sequence[str]) -> None:
    """Write the images that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [(row, name) for row, name in enumerate(names) if not (folder / name).exists()]
    images = [read_small(path) for path in sources] if missing else []
    for row, name in missing:
        one = variant(images, 0, row)
        other = variant(images, 1, int(np.random.default_rng((2, row)).integers(len(images))))
        both = cv2.resize(cv2.addWeighted(one, 0.5, other, 0.5, 0), (IMAGE_PX, IMAGE_PX), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / name), both, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def make_list(folder: Path, *, duplicates: str) -> list[str]:
    output = folder / f"list-{duplicates.replace(',', '-')}.json"
    return [*RADIOBUNDLE, "datalist", "chestxray14", str(folder), "--output", str(output), "--duplicates", duplicates]


def run_bundle(folder: Path, run_id: str, files: Sequence[str], **options: str) -> list[str]:
    paths = {"dataset_dir": "", "datalist": "list-none.json", "output_dir": "output", "store_dir": "store"}
    given = {name: str(folder / path) for name, path in paths.items()} | options
    config = ",".join(f"'{file if '/' in file else folder / file}'" for file in files)
    command = [sys.executable, "-m", "monai.bundle", "run", run_id, "--config_file", f"[{config}]"]
    return [*command, *(part for name, value in given.items() for part in (f"--{name}", value))]


def first_batch(folder: Path) -> list[str]:
    return run_bundle(folder, "training", ["configs/train.json", "small.json", "first_batch.json"])


STAGES: dict[str, Stage] = {
    "datalist without images": Stage(functools.partial(make_list, duplicates="none")),
    "datalist by bytes": Stage(functools.partial(make_list, duplicates="bytes")),
    "datalist": Stage(functools.partial(make_list, duplicates="bytes,near")),
    "audit": Stage(
        lambda folder: [*RADIOBUNDLE, "audit", str(folder / "list-none.json"), "--dataset-dir", str(folder)],
        accepted=(0, *AUDIT_FOUND_SOMETHING),
    ),
    "store": Stage(first_batch, makes="store"),
    "epoch": Stage(lambda folder: run_bundle(folder, "training", ["configs/train.json", "small.json"])),
    "evaluation": Stage(
        lambda folder: run_bundle(
            folder, "evaluating", ["configs/train.json", "configs/evaluate.json", "small.json"], report="False"
        )
    ),
    "report": Stage(
        lambda folder: [
            *RADIOBUNDLE,
            "report",
            str(folder / "output"),
            "--output",
            str(folder / "report"),
            "--overwrite",
        ]
    ),
}


if __name__ == "__main__":
    main()
