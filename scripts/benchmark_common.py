"""What the benchmarks share: rounds that alternate between contenders, synthetic images, the machine, the output.

A figure counts only against another one of the same run: contenders take turns, so that a slow moment of the machine
hits them all, the first turn of each warms up and is dropped, and the median of the others is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from radiobundle.cli import main as radiobundle
from radiobundle.training.precision import choose_precision

_PAUSE_SECONDS = 0.3  # until threads of the contender before no longer wait busily for work
BUNDLE = Path(__file__).parents[1] / "bundles" / "pneumonia"


def make_parser(description: str | None, *, rounds: int = 3) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help="timed turns of each (default %(default)s)")
    parser.add_argument("--output", type=Path, help="also write the result here, as JSON")
    return parser


def race(contenders: Mapping[str, Callable[[], int]], *, rounds: int, device: str = "cpu") -> dict[str, list[float]]:
    """Let the contenders take turns; return what each did per second in each timed turn.

    Args:
        contenders: name -> function that does its work once and returns how many images that was.
        rounds: timed turns after the warming one.
        device: where they compute; work queued on a GPU is waited for.
    """
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, work in contenders.items():
            time.sleep(_PAUSE_SECONDS)
            begin = time.perf_counter()
            count = work()
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)
            if turn:
                speeds[name].append(count / (time.perf_counter() - begin))
    return speeds


def ratios(speeds: Mapping[str, Sequence[float]], ours: str) -> dict[str, float]:
    """Return the median speed of `ours` over that of each other contender."""
    median = {name: statistics.median(values) for name, values in speeds.items()}
    return {name: round(median[ours] / value, 2) for name, value in median.items() if name != ours}


def publish(title: str, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], output: Path | None) -> None:
    """Print facts and rows as Markdown, and write them as JSON if asked."""
    print(f"\n### {title}\n")
    print("; ".join(f"{name}: {value}" for name, value in facts.items()), "\n")
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(row[column]) for column in columns) + " |")
    if output:
        output.write_text(json.dumps({"title": title, **facts, "rows": rows}, indent=2) + "\n", encoding="utf-8")


def speed_rows(speeds: Mapping[str, Sequence[float]], ours: str, *, unit: str = "images/s") -> list[dict[str, Any]]:
    """Return one row per contender: median, range, and how many times as fast `ours` is."""
    ratio = ratios(speeds, ours)
    return [
        {
            "": name,
            unit: round(statistics.median(values), 1),
            "rounds": f"{min(values):.1f} to {max(values):.1f}",
            "ours is": "" if name == ours else f"{ratio[name]:.2f} x",
        }
        for name, values in speeds.items()
    ]


def describe_machine(device: str = "cpu") -> str:
    """Name the processor (or GPU), its cores, torch's version and the precision that "auto" picks."""
    if device.startswith("cuda"):
        name = torch.cuda.get_device_name(device)
    else:
        lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = f"{names[0] if names else platform.processor()}, {len(os.sched_getaffinity(0))} cores"
    precision = str(choose_precision("auto", device)).removeprefix("torch.")
    return f"{name}, torch {torch.__version__}, {precision}"


def make_images(folder: Path, count: int, *, size_px: int = 150) -> dict[str, str]:
    """Draw `count` training images (and a quarter as many others) and list them; return the bundle's path options."""
    images, datalist = folder / "images", folder / "list.json"
    radiobundle(["phantom", "pneumonia", str(images), "--images", str(round(count / 0.8)), "--size", str(size_px)])
    options = ["--split", "stratified", "--fractions", "0.8,0.1,0.1", "--duplicates", "none"]
    radiobundle(["datalist", "pneumonia", str(images), "--output", str(datalist), *options])
    names = ("dataset_dir", "datalist", "output_dir", "store_dir")
    return dict(zip(names, map(str, (images, datalist, folder / "output", folder / "store")), strict=True))
