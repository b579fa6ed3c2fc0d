"""Show images that the network already gets right less often, late in the training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import ignite.distributed as idist
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from monai.utils.enums import CommonKeys as Keys
from torch.utils.data import Dataset, DistributedSampler


class EasyImages:
    """Handler for the trainer: each image's last error, and how often an epoch shows it.

    The error of an image is the mean of |probability - label| over its known labels when it was last trained on, kept
    on the device; easy is what has less than the mean error of all. Errors are part of a checkpoint, so that a resumed
    run skips what the uninterrupted one would have.

    Source: Jiang et al. 2019, "Accelerating Deep Learning by Focusing on the Biggest Losers", and Qin et al. 2024,
    "InfoBatch", section 2.2, for the mean as the limit; gradients are not rescaled.

    Args:
        skip: probability that an easy image is left out of an epoch, whose place a harder one takes; None: every image
            is shown once.
        after: fraction of the epochs in which every image is shown.

    Raises:
        ValueError: a fraction is impossible.
    """

    def __init__(self, skip: float | None = None, after: float = 0.5) -> None:
        if skip is not None and not 0 < skip < 1:
            raise ValueError(f"skip_easy is a probability between 0 and 1 (or null: none is skipped), got {skip}")
        if not 0 <= after < 1:
            raise ValueError(f"skipping must begin after a fraction of the epochs from 0 to below 1, got {after}")
        self.skip, self.after = skip, after
        self.errors = torch.zeros(0)
        self._late = False

    def attach(self, engine: SupervisedTrainer) -> None:
        """Register with a trainer."""
        if self.skip is not None:
            engine.add_event_handler(Events.EPOCH_STARTED, self.start_epoch)
            engine.add_event_handler(Events.ITERATION_COMPLETED, self)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self.gather)

    def start_epoch(self, engine: SupervisedTrainer) -> None:
        """Decide whether this epoch skips images; make room for errors before the first."""
        self._late = (engine.state.epoch - 1) / engine.state.max_epochs >= self.after
        if not len(self.errors):
            self.errors = torch.ones(len(cast(Any, engine.data_loader).dataset))
        self.errors = self.errors.to(engine.state.device)
        self._seen = torch.zeros_like(self.errors)

    def __call__(self, engine: SupervisedTrainer) -> None:
        """Keep the errors of a batch; nothing leaves the device."""
        output = engine.state.output
        known = output[Keys.LABEL] >= 0
        gaps = (output[Keys.PRED].detach() - output[Keys.LABEL]).abs() * known
        means = gaps.sum(1) / known.sum(1).clamp_min(1)
        index = engine.state.batch["index"].to(self.errors.device, non_blocking=True)
        self.errors.index_copy_(0, index, means.to(self.errors.dtype))
        self._seen.index_fill_(0, index, 1)

    def gather(self, engine: SupervisedTrainer) -> None:
        """Share the errors between processes: of an image that several have seen in this epoch, the mean."""
        if idist.get_world_size() > 1:
            total, times = (
                cast(torch.Tensor, idist.all_reduce(part)) for part in (self.errors * self._seen, self._seen)
            )
            self.errors = torch.where(times > 0, total / times.clamp_min(1), self.errors)

    def weights(self) -> torch.Tensor | None:
        """How often each image should be shown in relation to others, (images,) on the CPU; None: all equally."""
        if self.skip is None or not self._late or not len(self.errors):
            return None
        errors = self.errors.cpu()
        return torch.where(errors < errors.mean(), 1 - self.skip, 1.0).double()

    def state_dict(self) -> dict[str, Any]:
        """Return the errors; nothing if none are kept."""
        return {} if self.skip is None else {"errors": self.errors.cpu()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue with saved errors."""
        if state:
            self.errors = state["errors"]


class EasyImageSampler(DistributedSampler):
    """Show every image once, or as often as `EasyImages` says; the order depends on the seed and the epoch.

    Args:
        dataset: the data set to sample from.
        easy: what says how often.
        options: of `DistributedSampler`.
    """

    def __init__(self, dataset: Dataset, easy: EasyImages, **options: Any) -> None:
        super().__init__(dataset, **options)
        self.easy = easy

    def __iter__(self) -> Iterator[int]:
        """Return the indices of this epoch and process."""
        weights = self.easy.weights()
        if weights is None:
            return super().__iter__()
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        chosen = sample_evenly(weights, self.total_size, generator)
        return iter(chosen[self.rank :: self.num_replicas].tolist())


def sample_evenly(weights: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Sample `count` indices in random order, each as often as its part of the weights says, rounded up or down.

    Systematic sampling: evenly spaced points, with one random start, on the cumulative weights.

    >>> drawn = sample_evenly(torch.tensor([1.0, 1.0, 2.0]), 4, torch.Generator().manual_seed(0))
    >>> sorted(drawn.tolist())
    [0, 1, 2, 2]
    """
    order = torch.randperm(len(weights), generator=generator)
    cumulative = weights.double()[order].cumsum(0)
    start = torch.rand(1, generator=generator, dtype=torch.float64)
    points = (torch.arange(count) + start) / count * cumulative[-1]
    chosen = order[torch.searchsorted(cumulative, points, right=True).clamp_max(len(weights) - 1)]
    return chosen[torch.randperm(count, generator=generator)]
