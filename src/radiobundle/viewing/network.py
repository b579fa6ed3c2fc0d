"""The network of a run, and the pixels that it sees of each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np

from radiobundle.images.kept import KeptPixels
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.models.load import open_model
from radiobundle.models.trained import TrainedModel
from radiobundle.viewing.runs import ViewedRun


@contextmanager
def run_network(run: ViewedRun, *, device: str | None = None) -> Iterator[TrainedModel | None]:
    """Yield the model of a run; None if its folder holds no weights.

    Raises:
        ValueError: its weights or its configuration cannot be used.
    """
    if not (run.folder / WEIGHTS).is_file():
        yield None
        return
    with open_model(run.folder, device=device) as model:
        yield model if isinstance(model, TrainedModel) else None


@dataclass(frozen=True)
class NetworkInput:
    """What a network sees of image files: from the packed store, else from the file.

    Args:
        model: whose reader decides.
        kept: what the store of the run holds; None: it is gone.
    """

    model: TrainedModel
    kept: KeptPixels | None = None

    def batches(
        self, paths: Sequence[Path | None], *, batch_size: int = 32
    ) -> Iterator[tuple[list[int], np.ndarray | None, int]]:
        """Yield the indices of images that can be read, their pixels, and how many images were tried.

        Pixels are uint8 (batch, channels, height, width); None if none of them can be read.
        """
        with ThreadPoolExecutor(joblib.cpu_count()) as pool:
            for start in range(0, len(paths), batch_size):
                tried = range(start, min(start + batch_size, len(paths)))
                found = list(pool.map(lambda index: self._read(paths[index]), tried))
                good = [(index, pixels) for index, pixels in zip(tried, found, strict=True) if pixels is not None]
                pixels = np.stack([pixels for _, pixels in good]) if good else None
                yield [index for index, _ in good], pixels, len(tried)

    def _read(self, path: Path | None) -> np.ndarray | None:
        if path is None:
            return None
        pixels = None if self.kept is None else self.kept.find(path)
        if pixels is not None and pixels.shape[1:] == self.model.reader.image_size_px:
            return pixels
        try:
            return self.model.reader(path)
        except Exception:  # a step of the preprocessing may raise any type; the page says which images it cannot show
            return None
