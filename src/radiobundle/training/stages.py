"""Stages of a training: small images first, weak augmentation first, by the fraction of the epochs that is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from torch.nn import functional

Transform = Callable[[torch.Tensor], torch.Tensor]
_MULTIPLE_PX = 8


class TrainingStages:
    """Handler for the trainer, and what it sets at the start of an epoch: image size and strength of augmentation.

    Both depend on the epoch and `max_epochs` alone, so a resumed run goes on where it was. At the start, every size
    is tried on the network and the normalisation. Where no epoch has begun (soups, the range test of learning rates),
    the stage is the last.

    Source: Howard 2018 (fast.ai's DAWNBench entry) and Tan and Le 2021, "EfficientNetV2", section 4: small images and
    weak augmentation first, then larger and stronger.

    Args:
        image_scales: stages (fraction of the epochs over, fraction of the height and width), in order and starting at
            0: `[[0, 0.5], [0.6, 1]]` halves images until 60 % of the epochs are over. None: never.
        augmentation_ramp: fraction of the epochs in which the probability that an image is augmented grows from 0 to 1;
            0: every image is always augmented.

    Attributes:
        image_scale: fraction of the height and width in this epoch.
        augmented: probability that an image is augmented in this epoch.

    Raises:
        ValueError: the stages are not in order, or a fraction is impossible.

    >>> stages = TrainingStages([[0, 0.5], [0.6, 1]], augmentation_ramp=0.5)
    >>> stages.set(0.25)
    >>> stages.image_scale, stages.augmented
    (0.5, 0.5)
    """

    def __init__(self, image_scales: Sequence[Sequence[float]] | None = None, augmentation_ramp: float = 0.0) -> None:
        self.image_scales = [(0.0, 1.0)] if image_scales is None else _checked(image_scales)
        if not 0 <= augmentation_ramp <= 1:
            raise ValueError(f"augmentation_ramp is a fraction of the epochs, from 0 to 1; got {augmentation_ramp}")
        self.augmentation_ramp = augmentation_ramp
        self.set(1.0)

    def set(self, over: float) -> None:
        """Enter the stage in which the fraction `over` of the epochs is over."""
        self.image_scale = [scale for begin, scale in self.image_scales if begin <= over][-1]
        self.augmented = 1.0 if over >= self.augmentation_ramp else over / self.augmentation_ramp

    def attach(self, engine: SupervisedTrainer) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.STARTED, self.check)
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: SupervisedTrainer) -> None:
        """Enter the stage of the epoch that starts."""
        self.set((engine.state.epoch - 1) / engine.state.max_epochs)

    def check(self, engine: SupervisedTrainer) -> None:
        """Raise ValueError for a scale that the normalisation or the network cannot work with."""
        scales = {scale for _, scale in self.image_scales if scale < 1}
        if not scales:
            return
        batch: Any = next(iter(engine.data_loader))
        training = engine.network.training
        engine.network.eval()
        for scale in sorted(scales):
            self.image_scale = scale
            try:
                images, _ = engine.prepare_batch(batch, engine.state.device, False)
                engine.inferer(images, engine.network)
            except (RuntimeError, ValueError) as error:
                raise ValueError(
                    f"image_scales: the network or the normalisation does not take images at scale {scale}; leave "
                    f"image_scales out, or take larger scales ({error})"
                ) from error
        engine.network.train(training)


def shrink(images: torch.Tensor, scale: float) -> torch.Tensor:
    """Scale (batch, channels, height, width) images down, to multiples of 8 px; 1 leaves them as they are.

    >>> shrink(torch.zeros(2, 1, 128, 96), 0.6).shape
    torch.Size([2, 1, 80, 56])
    """
    if scale == 1:
        return images
    size = [round(side * scale / _MULTIPLE_PX) * _MULTIPLE_PX for side in images.shape[2:]]
    size = [min(side, max(_MULTIPLE_PX, small)) for side, small in zip(images.shape[2:], size, strict=True)]
    return functional.interpolate(images, size=size, mode="bilinear", antialias=True)


def augment_some(images: torch.Tensor, transforms: Sequence[Transform], probability: float) -> torch.Tensor:
    """Augment each image with a probability, sampled on the CPU; the others stay as they are."""
    if not transforms or probability == 0:
        return images
    augmented = images
    for transform in transforms:
        augmented = transform(augmented)
    if probability == 1:
        return augmented
    chosen = (torch.rand(len(images)) < probability).to(images.device, non_blocking=True)
    return torch.where(chosen[:, None, None, None], augmented, images)


def _checked(stages: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    if not stages or any(len(stage) != 2 for stage in stages) or stages[0][0] != 0:
        raise ValueError(f"image_scales are pairs [fraction of the epochs, scale], the first from 0; got {stages}")
    pairs = [(float(begin), float(scale)) for begin, scale in stages]
    begins = [begin for begin, _ in pairs]
    if begins != sorted(set(begins)) or begins[-1] >= 1 or not all(0 < scale <= 1 for _, scale in pairs):
        raise ValueError(
            f"image_scales must begin one after another, before 1, with scales above 0 and up to 1; got {stages}"
        )
    return pairs
