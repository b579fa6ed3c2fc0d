"""The running statistics of batch normalisation while a network is trained."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any, cast

import torch
from ignite.engine import Events
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from torch.utils.data import DataLoader, Subset

from radiobundle.networks.batch_norm import measure_batch_norm, require_batch_norm, set_batch_norm_momentum
from radiobundle.spread import evenly_spread


class BatchNormStatistics:
    """Handler for the trainer: how fast the statistics follow the batches, and measuring them before each validation.

    They are also measured at the end of an epoch without validation, whose network may be saved.

    The running statistics follow augmented images of the last iterations, and those of a moving average of weights
    are an average of other networks' statistics; measured again, they are those of training images as they are. No
    image is sampled: they are spread evenly over the training images, the same in every process and every epoch.

    Args:
        validator: its network is measured, with its preparation of batches and its precision.
        momentum: of the trained network's statistics; None: the network's own.
        images: number of images to measure with; None: nothing is measured.

    Raises:
        ValueError: fewer than two images.
    """

    def __init__(
        self, *, validator: SupervisedEvaluator, momentum: float | None = None, images: int | None = None
    ) -> None:
        if images is not None and images < 2:
            raise ValueError(f"batch_norm_images must be at least 2 (or null: not measured), got {images}")
        self.validator, self.momentum, self.images = validator, momentum, images
        self._measured_after = 0

    def attach(self, engine: SupervisedTrainer) -> None:
        """Register with a trainer, before validation."""
        engine.add_event_handler(Events.STARTED, self.prepare)
        if self.images is not None:
            engine.add_event_handler(Events.EPOCH_COMPLETED, self)
            self.validator.add_event_handler(Events.STARTED, lambda: self(engine))

    def prepare(self, engine: SupervisedTrainer) -> None:
        """Give the trained network its momentum; refuse to measure where nothing can be measured."""
        set_batch_norm_momentum(engine.network, self.momentum)
        if self.images is not None:
            require_batch_norm(engine.network, "batch_norm_images")

    def __call__(self, engine: SupervisedTrainer) -> None:
        """Measure, once after each iteration at most."""
        if engine.state.iteration == self._measured_after:
            return
        self._measured_after = engine.state.iteration
        network, device = self.validator.network, engine.state.device
        loader = self._loader(cast(DataLoader, engine.data_loader))
        batches = (self.validator.prepare_batch(batch, device, False)[0] for batch in loader)
        measure_batch_norm(_Inferring(network, self.validator.inferer), batches, device)

    def _loader(self, trained: DataLoader) -> DataLoader:
        chosen = evenly_spread(len(cast(Sized, trained.dataset)), self.images or 0)
        return DataLoader(
            Subset(trained.dataset, chosen.tolist()), batch_size=trained.batch_size, collate_fn=trained.collate_fn
        )


class _Inferring(torch.nn.Module):
    """A network in the inferer's precision."""

    def __init__(self, network: torch.nn.Module, inferer: Callable[..., Any]) -> None:
        super().__init__()
        self.network, self.inferer = network, inferer

    def forward(self, images: torch.Tensor) -> Any:
        return self.inferer(images, self.network)
