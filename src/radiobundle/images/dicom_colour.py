"""The grey of a DICOM colour image: palette, RGB, YBR."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.pixels import apply_color_lut

from radiobundle.images.dicom_tables import bits_of, read_entries, to_signed
from radiobundle.images.opened import luminance, to_shares

_PALETTE = "PALETTE COLOR"
_KNOWN = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_420", "YBR_PARTIAL_422")


def is_colour(dataset: Any) -> bool:
    """Whether an image has a palette or several samples per pixel."""
    return dataset.PhotometricInterpretation == _PALETTE or int(dataset.get("SamplesPerPixel") or 1) > 1


def to_grey(pixels: np.ndarray, dataset: Any) -> np.ndarray:
    """Return the luminance of stored values as uint8 (height, width); colours of more bits are scaled by Bits Stored.

    Raises:
        ValueError: the colour space is unknown.
    """
    if dataset.PhotometricInterpretation == _PALETTE:
        return _palette_to_grey(pixels, dataset)
    if dataset.PhotometricInterpretation not in _KNOWN:
        raise ValueError(f"Photometric Interpretation {dataset.PhotometricInterpretation} is not supported")
    highest = 2 ** int(dataset.BitsStored) - 1
    eight = pixels if pixels.dtype == np.uint8 and highest == 255 else np.rint(255 * to_shares(pixels, 0, highest))
    return luminance(eight.astype(np.uint8))


def _palette_to_grey(pixels: np.ndarray, dataset: Any) -> np.ndarray:
    """Look the colours up (PS3.3, C.7.6.3.1.5 and .6), and scale them by the bits that they need."""
    entries, first, _ = (int(number) for number in dataset.RedPaletteColorLookupTableDescriptor)
    entries = entries or 2**16
    if "RedPaletteColorLookupTableData" in dataset:
        names = [f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")]
        table = np.stack([read_entries(dataset, key, entries) for key in names], axis=-1)
    else:  # segmented: pydicom expands it
        table = apply_color_lut(np.arange(entries, dtype=np.uint32) + first, dataset)[:, :3]
    lowest = to_signed(first, int(pixels.max()))
    colours = table[np.clip(pixels.astype(np.int64) - lowest, 0, len(table) - 1)]
    return luminance(np.rint(255 * to_shares(colours, 0, 2 ** bits_of(table) - 1)).astype(np.uint8))
