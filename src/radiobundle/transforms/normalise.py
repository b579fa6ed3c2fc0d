"""Normalisation of a whole batch of unit-range images on its device."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import torch

from radiobundle.images.statistics import PixelStatistics, read_pixel_statistics


class StandardizeEachImage:
    """Subtract each image's own mean and divide by its own standard deviation (z-score), channel by channel.

    Exposure and contrast then no longer distinguish two hospitals. A constant image becomes zero.

    >>> StandardizeEachImage()(torch.tensor([[[[0.2, 0.4]]]]))
    tensor([[[[-1.0000,  1.0000]]]])
    """

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return float images (batch, channels, height, width) of mean 0 and standard deviation 1."""
        centred = images - _mean(images)
        return centred / _mean(centred**2).sqrt().clamp_min(1e-3)


def _mean(images: torch.Tensor) -> torch.Tensor:
    """Row by row, then over rows: onnxruntime adds up one by one, and would lose two digits over 50,000 pixels."""
    return images.mean(3, keepdim=True).mean(2, keepdim=True)


class _ByStatistics:
    """A normalisation by the statistics of the training images, read when the first batch comes.

    Args:
        statistics: the file that `PixelStatisticsWriter` writes when training starts.
    """

    def __init__(self, statistics: str | Path) -> None:
        self.path = Path(statistics)

    @cached_property
    def statistics(self) -> PixelStatistics:
        """The statistics.

        Raises:
            ValueError: the file is missing or damaged.
        """
        return read_pixel_statistics(self.path)

    def _std(self, images: torch.Tensor) -> torch.Tensor:
        return self.statistics.std[:, None, None].to(images.device).clamp_min(1e-3)


class StandardizeDataset(_ByStatistics):
    """Subtract one mean and divide by one standard deviation (z-score), those of each channel's training pixels."""

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return (images - mean) / std, same shape."""
        return (images - self.statistics.mean[:, None, None].to(images.device)) / self._std(images)


class SubtractAverageImage(_ByStatistics):
    """Subtract the average of the training images pixel by pixel, and divide by the training pixels' deviation.

    Source: Qian and Zhao, section 3.1.1 and Figure 1 ("We use this image to normalize all the images").
    """

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return (images - average) / std, same shape.

        Raises:
            ValueError: the images have another size than the average.
        """
        average = self.statistics.average.to(images.device)
        if average.shape != images.shape[1:]:
            raise ValueError(
                f"{self.path}: the average image is {list(average.shape)}, the images are {list(images.shape[1:])} "
                "(channels, height, width); give the image_size_px and recipes of training"
            )
        return (images - average) / self._std(images)
