"""The files beside weights (thresholds, calibration, out-of-distribution reference), checked against the weights."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radiobundle.evaluation.fitting.calibration import Calibration, read_calibration
from radiobundle.evaluation.fitting.out_of_distribution import FILE as OUT_OF_DISTRIBUTION
from radiobundle.evaluation.fitting.out_of_distribution import OutOfDistribution, read_out_of_distribution
from radiobundle.evaluation.fitting.thresholds import Thresholds, read_thresholds

THRESHOLDS, CALIBRATION = "thresholds.json", "calibration.json"
COMPANIONS = (THRESHOLDS, CALIBRATION, OUT_OF_DISTRIBUTION)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Companions:
    """What an evaluation fitted on validation; None if missing."""

    thresholds: Thresholds | None
    calibration: Calibration | None
    out_of_distribution: OutOfDistribution | None


def read_companions(folder: str | Path, *, weights_sha256: str, labels: Sequence[str], task: str) -> Companions:
    """Read the files beside weights, and make sure that they belong to them.

    Args:
        folder: of the weights.
        weights_sha256: content hash of the weights.
        labels: of the model.
        task: of the model.

    Raises:
        ValueError: a file is damaged, or was fitted for other weights, other labels or another task.
    """
    readers: tuple[Callable[[Path], Any], ...] = (read_thresholds, read_calibration, read_out_of_distribution)
    found = Companions(
        *(_read(Path(folder) / name, read, weights_sha256) for name, read in zip(COMPANIONS, readers, strict=True))
    )
    check_labels(found.thresholds, found.calibration, labels=labels, task=task, name=str(folder))
    return found


def check_labels(
    thresholds: Thresholds | None, calibration: Calibration | None, *, labels: Sequence[str], task: str, name: str
) -> None:
    """Raise ValueError where thresholds or calibration are for other labels, or for another task."""
    stated = {
        THRESHOLDS: None if thresholds is None else list(thresholds.values),
        CALIBRATION: None if calibration is None else list(calibration.labels),
    }
    for file, found in stated.items():
        if found is not None and sorted(found) != sorted(labels):
            raise ValueError(f"{name}: {file} is for the labels {found}, not for {list(labels)}; evaluate again")
    if calibration is not None and calibration.task != task:
        raise ValueError(f"{name}: {CALIBRATION} is for a {calibration.task} task, not {task}; evaluate again")


def _read(path: Path, read: Callable[[Path], Any], actual: str) -> Any:
    """Return what was fitted for these weights; None without a file."""
    if not path.is_file():
        return None
    found = read(path)
    if (stated := found.weights_sha256) is None:
        logger.warning("%s does not say which weights it was fitted for; evaluate again to be sure", path)
    elif stated != actual:
        raise ValueError(
            f"{path}: was fitted for other weights ({stated[:12]}...) than those beside it ({actual[:12]}...); "
            "evaluate again"
        )
    return found
