"""Measure the training images before the first batch, for normalisations that need their statistics."""

from __future__ import annotations

from pathlib import Path

import ignite.distributed as idist
from ignite.engine import Events
from monai.engines import Workflow
from torch.utils.data import Dataset

from radiobundle.images.statistics import measure_pixels, write_pixel_statistics
from radiobundle.training.data import eval_loader


class PixelStatisticsWriter:
    """Handler for the trainer: at the start, write the average image, mean and deviation of the training images.

    Args:
        dataset: the training images.
        path: the .npz file to write; it belongs beside the weights, since evaluation and inference need it too.
            None: nothing is measured.
    """

    def __init__(self, dataset: Dataset, path: str | Path | None) -> None:
        self.dataset, self.path = dataset, path

    def attach(self, engine: Workflow) -> None:
        """Register with a trainer."""
        if self.path is not None:
            engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Workflow) -> None:
        """Measure and write (the first process does)."""
        assert self.path is not None, "attached only with a path"
        statistics = measure_pixels(batch["image"] for batch in eval_loader(self.dataset, batch_size=256))
        if idist.get_rank() == 0:
            write_pixel_statistics(self.path, statistics)
        idist.barrier()
