"""The growing file of features beside the predictions: a row for each row of their table, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from radiobundle.files import explaining_os_errors
from radiobundle.serving.embed import write_features


class FeatureRows:
    """Rows are appended to a file of float32 values and become `features.npz`, as `radiobundle embed` writes it.

    A row is appended before that of the table, so that after an interruption the file has at least as many; those that
    the table lacks are dropped.

    Args:
        path: of the growing file.
        width: number of features.
        rows: that the table holds.

    Raises:
        ValueError: the file has fewer rows than the table.
    """

    def __init__(self, path: Path, *, width: int, rows: int) -> None:
        self.path, self.width = path, width
        wanted, found = 4 * width * rows, path.stat().st_size if path.exists() else 0
        if found < wanted:
            raise ValueError(f"{path}: holds fewer images than the table beside it; start over with `overwrite`")
        with explaining_os_errors(path.parent), path.open("ab") as file:
            file.truncate(wanted)

    def add(self, features: np.ndarray) -> None:
        """Append features (batch, width)."""
        with explaining_os_errors(self.path.parent), self.path.open("ab") as file:
            file.write(np.ascontiguousarray(features, dtype="<f4").tobytes())

    def write(self, path: Path, names: Sequence[str]) -> None:
        """Write the file with the names of the images; the growing one stays until the table is finished too."""
        features: np.ndarray = np.zeros((0, self.width), np.float32)
        if names:
            features = np.memmap(self.path, "<f4", "r", shape=(len(names), self.width))
        write_features(path, names, features)

    def remove(self) -> None:
        """Remove the growing file."""
        self.path.unlink()
