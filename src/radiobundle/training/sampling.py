"""Which training images an epoch shows, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, DistributedSampler

from radiobundle.labels import IGNORED, hard_labels


class WeightedSampler(DistributedSampler):
    """Sample as many images as there are, with replacement, in proportion to their weights.

    The sample depends only on the seed and the epoch; several processes share one sample, each taking every n-th image.
    (`torch.utils.data.WeightedRandomSampler` knows no epochs or processes; MONAI's distributed one samples inside
    each process's part, where a rare image may be missing.)

    Args:
        dataset: the data set to sample from.
        weights: one positive number per image.
        options: of `DistributedSampler`.
    """

    def __init__(self, dataset: Dataset, weights: Sequence[float] | torch.Tensor, **options: Any) -> None:
        super().__init__(dataset, **options)
        self.weights = torch.as_tensor(weights, dtype=torch.float64)
        count = len(dataset)  # type: ignore[arg-type]
        if self.weights.shape != (count,) or not bool((self.weights > 0).all()):
            raise ValueError(f"sampling needs one positive weight for each of the {count} training images")

    def __iter__(self) -> Iterator[int]:
        """Return the indices of this epoch and process."""
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        drawn = torch.multinomial(self.weights, self.total_size, replacement=True, generator=generator)
        return iter(drawn[self.rank :: self.num_replicas].tolist())


def repeat_factors(items: Sequence[Mapping[str, Any]], *, threshold: float = 0.1) -> torch.Tensor:
    """Return how often each image of a multi-label set should be shown so that rare labels are seen more, (items,).

    A label that is present in a fraction f of the images for which it is known gets the factor max(1, sqrt(threshold /
    f)); an image gets the largest factor of its labels, and 1 without any. Source: Gupta, Dollar and Girshick 2019,
    "LVIS", section 4.1 (repeat factor sampling).

    Args:
        items: of the training split, each with `label`, see `labels.hard_labels`.
        threshold: the fraction below which a label counts as rare.

    Raises:
        ValueError: there are no items, or the threshold does not lie between 0 and 1.
    """
    if not items:
        raise ValueError("oversampling needs training images; the training split is empty")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
    labels = hard_labels([item["label"] for item in items])
    present, known = labels == 1, (labels != IGNORED).sum(axis=0).clip(min=1)
    frequency = (present.sum(axis=0) / known).clip(min=1 / len(items))
    factors = np.maximum(1.0, np.sqrt(threshold / frequency))
    return torch.from_numpy(np.where(present, factors, 1.0).max(axis=1))
