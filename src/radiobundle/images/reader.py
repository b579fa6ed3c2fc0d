"""The reader of one bundle: from file to the uint8 pixels that its network sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import ImageReader
from PIL import Image

from radiobundle.images.formats import IMAGE_SUFFIXES
from radiobundle.images.grayscale import open_grayscale, read_bytes
from radiobundle.images.opened import OpenedImage, to_8_bit
from radiobundle.images.remarks import remarks_of
from radiobundle.images.size import height_and_width


class RadiographReader(ImageReader):
    """From file to the (channels, height, width) uint8 pixels that networks of one bundle see.

    It is both the reader of the packed image store and a MONAI image reader for `LoadImaged`, so the two paths give
    the same pixels. Images of more than 8 bits are scaled from their own range to 0..255.

    Args:
        image_size_px: (height, width) of the result, or one number for both; the aspect ratio is not kept.
        steps: transforms (MONAI's array transforms, say) applied in turn to the float32 (channels, height, width) image
            of range 0..255 at its original size, before resizing. They must be deterministic.
    """

    def __init__(self, image_size_px: int | Sequence[int], steps: Sequence[Callable[[Any], Any]] | None = None) -> None:
        self.image_size_px = height_and_width(image_size_px)
        self.steps = tuple(steps or ())

    def __call__(self, path: str | Path) -> np.ndarray:
        """Return the pixels of one file: uint8 (channels, height, width)."""
        return self.decode(read_bytes(path), str(path))

    def decode(self, data: bytes, name: str) -> np.ndarray:
        """Return the pixels of the file `name` that holds `data`: uint8 (channels, height, width).

        Raises:
            UnreadableImageError: the bytes are not a single image.
        """
        return self.prepare(to_8_bit(self._open(data, name).image))

    def decode_with_remarks(self, data: bytes, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the pixels as `decode`, and what is unusual about the image: usually nothing.

        Raises:
            UnreadableImageError: as `decode`.
        """
        opened = self._open(data, name)
        image = to_8_bit(opened.image)
        return self.prepare(image), remarks_of(opened, image)

    def _open(self, data: bytes, name: str) -> OpenedImage:
        # JPEG can decode straight to a smaller size, but the steps are promised the original one.
        return open_grayscale(data, name, min_size_px=None if self.steps else self.image_size_px)

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return the pixels of an opened image of mode L: uint8 (channels, height, width)."""
        if not self.steps:
            return _resize(image, self.image_size_px)[None]
        pixels: Any = np.asarray(image, dtype=np.float32)[None]
        for step in self.steps:
            pixels = step(pixels)
        channels = [Image.fromarray(channel) for channel in np.asarray(pixels, dtype=np.float32)]
        resized = np.stack([_resize(channel, self.image_size_px) for channel in channels])
        return np.clip(np.rint(resized), 0, 255).astype(np.uint8)

    def verify_suffix(self, filename: Any) -> bool:
        """Whether the file name ends like an image this reader knows."""
        names = [filename] if isinstance(filename, (str, Path)) else filename
        return all(str(name).lower().endswith(IMAGE_SUFFIXES) for name in names)

    def read(self, data: Any, **kwargs: Any) -> np.ndarray:
        """Return the pixels of the one file named by `data`, for MONAI's `LoadImage`."""
        names = [data] if isinstance(data, (str, Path)) else list(data)
        if len(names) != 1:
            raise ValueError(f"a radiograph must be a single file, got {len(names)}: {names}")
        return self(names[0])

    def get_data(self, img: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        """Return pixels and the meta data that `LoadImage` needs (the channels come first)."""
        return img, {"original_channel_dim": 0, "spatial_shape": np.asarray(img.shape[1:])}


def _resize(image: Image.Image, size_px: tuple[int, int]) -> np.ndarray:
    return np.asarray(image.resize((size_px[1], size_px[0]), Image.Resampling.BILINEAR))
