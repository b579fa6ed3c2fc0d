"""What happens to a batch between the loader and the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from radiobundle.training.stages import TrainingStages, Transform, augment_some, shrink


class PrepareBatch:
    """Move a batch to the device, bring it to the unit range, augment it, normalise it: MONAI's `prepare_batch`.

    Args:
        normalisation: transforms of unit-range images that training, evaluation and inference share.
        augmentation: random transforms of unit-range images, for training only.
        stages: size and augmentation of the epoch; None: full size, everything augmented.
    """

    def __init__(
        self,
        normalisation: Sequence[Transform] = (),
        augmentation: Sequence[Transform] | None = None,
        stages: TrainingStages | None = None,
    ) -> None:
        self.normalisation, self.augmentation = normalisation, augmentation or ()
        self.stages = stages or TrainingStages()

    def __call__(
        self,
        batch: dict[str, torch.Tensor],
        device: torch.device | str | None = None,
        non_blocking: bool = False,
        **to_options: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return images (batch, channels, height, width) float32, channels last in memory, and labels.

        Unlabelled batches get an empty label tensor (batch, 0).
        """
        images = batch["image"].to(device=device, non_blocking=non_blocking, **to_options)
        images = shrink(images.to(torch.float32) / 255.0, self.stages.image_scale)
        images = augment_some(images, self.augmentation, self.stages.augmented)
        for transform in self.normalisation:
            images = transform(images)
        labels = batch.get("label")
        if labels is None:
            labels = torch.empty((len(images), 0))
        return (
            images.contiguous(memory_format=torch.channels_last),
            labels.to(device=device, non_blocking=non_blocking, **to_options),
        )
