"""Enhanced copies of an image as further input channels."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageOps

EQUALISATIONS = ("histogram", "clahe")
_CLIP_LIMIT, _TILES = 2.0, (8, 8)


class EnhancementChannels:
    """The image, the image after histogram equalisation, and the image with more contrast, as three channels.

    A grayscale image repeated over the three channels of an ImageNet network wastes two of them; the CheXpert study
    ("Grayscale images and Information waste") fills them so. It does not give its contrast factor; the default is ours.
    A step for `RadiographReader`: with the packed store it costs decoding time once, and then only bytes per epoch.

    Args:
        contrast: factor by which values move away from the image's mean, then clipped.
        equalisation: `histogram` as the study has it, or `clahe`: contrast-limited adaptive equalisation, tile by tile
            (Zuiderveld 1994, by OpenCV; clip limit 2, 8 x 8 tiles).

    >>> EnhancementChannels()(np.full((1, 4, 4), 100, np.float32)).shape
    (3, 4, 4)
    """

    def __init__(self, contrast: float = 2.0, equalisation: Literal["histogram", "clahe"] = "histogram") -> None:
        if contrast <= 0:
            raise ValueError(f"contrast must be positive, got {contrast}")
        if equalisation not in EQUALISATIONS:
            raise ValueError(f"equalisation must be {' or '.join(EQUALISATIONS)}, got '{equalisation}'")
        self.contrast, self.equalisation = contrast, equalisation

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return float32 (3, height, width) of range 0..255 from (1, height, width) of the same range.

        Raises:
            ValueError: the image has more than one channel already.
        """
        if len(image) != 1:
            raise ValueError(f"enhancement channels are made from one channel, got {len(image)}; give this step first")
        grey = Image.fromarray(np.clip(np.rint(np.asarray(image[0])), 0, 255).astype(np.uint8))
        equal = ImageOps.equalize(grey) if self.equalisation == "histogram" else _equalise_tiles(np.asarray(grey))
        copies = (grey, equal, ImageEnhance.Contrast(grey).enhance(self.contrast))
        return np.stack([np.asarray(copy, dtype=np.float32) for copy in copies])


def _equalise_tiles(grey: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.createCLAHE(_CLIP_LIMIT, _TILES).apply(grey))
