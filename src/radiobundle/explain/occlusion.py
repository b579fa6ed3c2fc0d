"""Which regions a network misses when they are covered: occlusion sensitivity (MONAI's)."""

from __future__ import annotations

import warnings

import torch
from monai.networks.utils import eval_mode
from monai.utils import convert_to_tensor
from monai.visualize import OcclusionSensitivity
from torch import nn

from radiobundle.explain.layers import LooksAtImage

OVERLAP = 0.5  # overlap of neighbouring positions of the patch


class Occlusion(LooksAtImage):
    """How much the logit of a label falls when a patch of the image is replaced by the image's mean.

    No gradients are needed, so any function from images to logits will do. Source: Zeiler and Fergus 2014,
    "Visualizing and Understanding Convolutional Networks", section 4.2.

    Args:
        network: network with logits (batch, labels).
        patch: side of the patch, as a fraction of the image's sides.
        batch_size: number of covered images at a time.
    """

    def __init__(self, network: nn.Module, *, patch: float = 1 / 8, batch_size: int = 32) -> None:
        if not 0 < patch <= 1:
            raise ValueError(f"patch must be a fraction of the image's sides above 0, got {patch}")
        self.network, self.patch, self.batch_size = network, patch, batch_size

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width) in logits: above 0 if the covered region supported the label.

        Args:
            images: (batch, channels, height, width), normalised as the network requires.
            label: its index.
        """
        sensitivity = OcclusionSensitivity(
            self.network,
            mask_size=[max(2, round(self.patch * side)) for side in images.shape[2:]],
            n_batch=self.batch_size,
            mode="mean_img",
            overlap=OVERLAP,
            activate=False,
            verbose=False,
        )
        with eval_mode(self.network), warnings.catch_warnings():  # and without gradients
            warnings.filterwarnings("ignore", message="Using a non-tuple sequence")  # a warning from MONAI's own code
            whole = self.network(images)[:, label]
            covered = torch.stack([sensitivity(image[None])[0][0, label] for image in images])
        return convert_to_tensor(whole[:, None, None] - covered, track_meta=False)
