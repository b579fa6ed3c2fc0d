"""Read one still image file as grayscale pixels, whatever mode it was saved in. Needs only Pillow and NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp")


class UnreadableImageError(ValueError):
    """A file cannot be turned into pixels; the message names the file and the reason."""


def read_grayscale(path: str | Path) -> np.ndarray:
    """Read one image file as grayscale pixels, upright as its EXIF orientation says.

    Colour, palette, CMYK and alpha images are converted by luminance (alpha is dropped); 16-bit images keep 16 bits.

    Returns:
        array (height, width), uint8 or uint16.

    Raises:
        UnreadableImageError: the file is missing, empty, truncated, multi-frame, or no image.
    """
    return np.asarray(open_grayscale(Path(path), min_size_px=None))


def open_grayscale(path: Path, *, min_size_px: tuple[int, int] | None) -> Image.Image:
    """Open a file as a Pillow image of mode L or I;16, JPEG decoded at the smallest scale that keeps `min_size_px`."""
    if not path.is_file():
        raise UnreadableImageError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UnreadableImageError(f"{path}: the file is empty (zero bytes); fetch it again")
    try:
        with Image.open(path) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1:
                raise UnreadableImageError(f"{path}: holds {frames} frames; one film is one frame")
            if min_size_px is not None:
                image.draft("L", (min_size_px[1], min_size_px[0]))
            image.load()
            return _to_grayscale(ImageOps.exif_transpose(image), path)
    except UnreadableImageError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly every type on broken files
        raise UnreadableImageError(f"{path}: not a readable image ({type(error).__name__}: {error})") from error


def _to_grayscale(image: Image.Image, path: Path) -> Image.Image:
    if image.mode in ("L", "I;16"):
        return image
    if image.mode in ("I", "I;16B", "I;16L", "I;16N"):
        pixels = np.asarray(image)
        if pixels.min() < 0 or pixels.max() > np.iinfo(np.uint16).max:
            raise UnreadableImageError(f"{path}: pixel values beyond 16 bits ({pixels.min()}..{pixels.max()})")
        return Image.fromarray(pixels.astype(np.uint16))
    if image.mode == "F":
        raise UnreadableImageError(f"{path}: floating-point pixels have no fixed range; save as 8 or 16 bits")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "P", "PA"):
        image = image.convert("RGB")
    return image.convert("L")
