"""What the training images look like on average: one number per pixel, and one mean and deviation per channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import ignite.distributed as idist
import numpy as np
import torch
from PIL import Image

from radiobundle.files import replacing


@dataclass(frozen=True)
class PixelStatistics:
    """Of unit-range images.

    Attributes:
        average: the average image, float32 (channels, height, width).
        mean: of all pixels of each channel, float32 (channels,).
        std: their standard deviation, float32 (channels,).
    """

    average: torch.Tensor
    mean: torch.Tensor
    std: torch.Tensor


def measure_pixels(batches: Iterable[torch.Tensor]) -> PixelStatistics:
    """Measure uint8 images (batch, channels, height, width) in one pass; several processes add up what each has seen.

    Raises:
        ValueError: there is no image.
    """
    total: torch.Tensor | None = None
    squares: torch.Tensor | None = None
    count = 0
    for images in batches:
        pixels = images.to(torch.int64)  # integers add up exactly, whatever the order
        here, here_squared = pixels.sum(0), (pixels**2).sum((0, 2, 3))
        total = here if total is None else total + here
        squares = here_squared if squares is None else squares + here_squared
        count += len(images)
    if total is None or squares is None:
        raise ValueError("pixel statistics need training images; there are none")
    images_seen = float(idist.all_reduce(float(count)))
    average = _sum_over_processes(total) / 255 / images_seen
    mean = average.mean((1, 2))
    mean_square = _sum_over_processes(squares) / 255**2 / (images_seen * average[0].numel())
    std = (mean_square - mean**2).clamp_min(0).sqrt()
    return PixelStatistics(average.float(), mean.float(), std.float())


def write_pixel_statistics(path: str | Path, statistics: PixelStatistics) -> None:
    """Write `path` (.npz), and the average image as a figure beside it (average.png, channels side by side)."""
    path = Path(path)
    with replacing(path) as temporary:
        np.savez(temporary, average=statistics.average, mean=statistics.mean, std=statistics.std)
    figure = np.concatenate(list(np.rint(statistics.average.numpy() * 255).astype(np.uint8)), axis=1)
    with replacing(path.with_name("average.png")) as temporary:
        Image.fromarray(figure).save(temporary)


def read_pixel_statistics(path: str | Path) -> PixelStatistics:
    """Read what `write_pixel_statistics` wrote.

    Raises:
        ValueError: the file is missing or damaged.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such file; training with the same recipe writes it beside the weights")
    try:
        with np.load(path, allow_pickle=False) as content:
            return PixelStatistics(*(torch.from_numpy(content[name]) for name in ("average", "mean", "std")))
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ValueError(f"{path}: damaged pixel statistics ({error}); train or fetch it again") from error


def _sum_over_processes(values: torch.Tensor) -> torch.Tensor:
    summed = idist.all_reduce(values.double())
    assert isinstance(summed, torch.Tensor)
    return summed
