"""Normalisation of a whole batch of unit-range images on its device."""

from __future__ import annotations

from collections.abc import Sequence
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


class StandardizeBy:
    """Subtract given means and divide by given standard deviations, as weights from another data set expect it.

    Three of each turn a grey image into three channels, each normalised as the network has learnt it. A range is a
    normalisation too: -1024 to 1024 is a mean of 0.5 and a deviation of 1 / 2048.

    Args:
        mean: of the unit range, one for all channels or one for each.
        std: the same, positive.

    Raises:
        ValueError: there are not as many means as deviations, or a deviation is not positive.

    >>> StandardizeBy(mean=0.5, std=0.5)(torch.tensor([[[[0.0, 1.0]]]]))
    tensor([[[[-1.,  1.]]]])
    >>> StandardizeBy(mean=[0.4, 0.5, 0.6], std=[0.2, 0.2, 0.2])(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean, self.std = (torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1) for values in (mean, std))
        if len(self.mean) != len(self.std) or not bool((self.std > 0).all()):
            raise ValueError(f"mean {mean} and std {std}: give one of both for each channel, and std above 0")

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return (images - mean) / std: (batch, channels, height, width), as many channels as means.

        Raises:
            ValueError: the images have neither one channel nor as many as there are means.
        """
        if 1 not in (images.shape[1], len(self.mean)) and images.shape[1] != len(self.mean):
            raise ValueError(
                f"the images have {images.shape[1]} channels, the normalisation has means for {len(self.mean)}; give "
                "one mean, or one for each channel"
            )
        return (images - self.mean.to(images)) / self.std.to(images)


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
