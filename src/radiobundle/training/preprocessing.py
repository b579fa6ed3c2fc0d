"""The preprocessing between an image file and the network, for programs that feed the network themselves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import torch
from monai.transforms import MapTransform
from monai.utils.type_conversion import convert_to_numpy
from PIL import Image

from radiobundle.images.opened import luminance, to_8_bit, to_grey_levels
from radiobundle.images.reader import RadiographReader
from radiobundle.training.batches import PrepareBatch, Transform


class PrepareRadiographd(MapTransform):
    """Turn a file, or an image opened by another program, into one input of the network.

    It does for one image what the reader and `PrepareBatch` do for a whole batch, with the same result.

    Args:
        keys: of the images in the data.
        reader: of the bundle.
        normalisation: as for `PrepareBatch`.
    """

    def __init__(self, keys: Any, reader: RadiographReader, normalisation: Sequence[Transform] = ()) -> None:
        super().__init__(keys)
        self.reader, self._prepare_batch = reader, PrepareBatch(normalisation)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the data with each image as float32 (channels, height, width).

        An image is a path, or an array or tensor (1 to 4 channels, height, width): grey, grey and alpha, red, green and
        blue, or these and alpha. Whole numbers up to 255 are 8-bit grey levels, others are scaled from their own range.
        """
        found = dict(data)
        for key in self.key_iterator(found):
            image = found[key]
            is_file = isinstance(image, (str, PathLike))
            pixels = self.reader(image) if is_file else self.reader.prepare(_to_image(convert_to_numpy(image)))
            device = image.device if isinstance(image, torch.Tensor) else "cpu"
            found[key] = self._prepare_batch({"image": torch.from_numpy(pixels[None])}, device)[0][0]
        return found


def _to_image(pixels: np.ndarray) -> Image.Image:
    """Return (channels, height, width) grey levels or colours as an image of mode L."""
    for kind in (np.uint8, np.uint16):
        if pixels.min() >= 0 and pixels.max() <= np.iinfo(kind).max and (pixels == pixels.astype(kind)).all():
            pixels = pixels.astype(kind)
            break
    grey = luminance(np.moveaxis(to_grey_levels(pixels), 0, -1))
    return to_8_bit(Image.fromarray(grey))
