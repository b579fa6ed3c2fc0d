"""The files that a run writes, and how those of an earlier run are moved aside."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

# Everything that training, evaluation, inference and localisation write, below the output folder.
_RESULTS = (
    "run.json", "evaluation.json", "inference.json", "results.json", "metrics.json", "history.csv", "losses.csv",
    "predictions.csv", "thresholds.json", "calibration.json", "report.md", "report.html", "localisation.*", "*.png",
    "heat_maps.csv", "mistakes.csv", "shortcuts.json", "inference", "code", "snapshots",
)  # fmt: skip
# Everything that belongs to weights, beside them.
_WEIGHTS = (
    "model.pt", "last.pt", "thresholds.json", "calibration.json", "out_of_distribution.npz", "pixels.npz",
    "average.png", "model.ts", "model.onnx", "model.int8.onnx", "export.json", "pretrained.json",
)  # fmt: skip
_DESCRIPTION = ("run.json", "code")  # what a run is, whatever its weights are
_OF_THE_TRAINING = ("pixels.npz", "pretrained.json")  # beside weights: true of all weights of one training
_PREVIOUS = re.compile(r"previous-(\d+)")


def put_aside(output_dir: str | Path, ckpt_dir: str | Path) -> Path | None:
    """Move an earlier run's files into a folder of its own, `previous-N`, which is a complete run.

    Args:
        output_dir: of the run.
        ckpt_dir: folder of its weights; they go to `models` in the new folder.

    Returns:
        the new folder; None: there was nothing to move.
    """
    output_dir, ckpt_dir = Path(output_dir), Path(ckpt_dir)
    results = [path for pattern in _RESULTS for path in sorted(output_dir.glob(pattern))]
    weights = [ckpt_dir / name for name in _WEIGHTS if (ckpt_dir / name).exists()]
    if not results and not weights:
        return None
    target = output_dir / f"previous-{_next_number(output_dir)}"
    (target / "models").mkdir(parents=True)
    for path in weights:
        shutil.move(path, target / "models" / path.name)
    for path in results:
        shutil.move(path, target / path.name)
    _put_events_aside(output_dir / "tensorboard", target / "tensorboard")
    return target


def copy_description(output_dir: str | Path, ckpt_dir: str | Path, target: str | Path) -> None:
    """Make a folder a run in all but its weights: manifest, own code, statistics, passport of pretrained weights.

    Args:
        output_dir: of the run whose other weights the folder will get.
        ckpt_dir: folder of that run's weights.
        target: folder, made if it is not there; weights belong into its `models`.
    """
    output_dir, ckpt_dir, target = Path(output_dir), Path(ckpt_dir), Path(target)
    (target / "models").mkdir(parents=True, exist_ok=True)
    for source, folder in (
        *((output_dir / name, target) for name in _DESCRIPTION),
        *((ckpt_dir / name, target / "models") for name in _OF_THE_TRAINING),
    ):
        if source.is_dir():
            shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, folder / source.name)


def _put_events_aside(folder: Path, target: Path) -> None:
    """Move TensorBoard's files, except those that this process, whose number is in their name, is writing."""
    for path in sorted(folder.rglob("events.out.tfevents.*")):
        if f".{os.getpid()}." not in path.name:
            moved = target / path.relative_to(folder)
            moved.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, moved)


def _next_number(folder: Path) -> int:
    found = (_PREVIOUS.fullmatch(path.name) for path in folder.glob("previous-*"))
    return 1 + max((int(name[1]) for name in found if name), default=0)
