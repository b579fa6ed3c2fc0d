"""Sprite sheets: many thumbnails in one JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

TILE_PX, ACROSS, DOWN = 128, 8, 8
PER_SHEET = ACROSS * DOWN
_QUALITY = 80


def thumbnail(pixels: np.ndarray) -> np.ndarray:
    """Return an image (height, width) uint8 reduced to fit a tile, centred on black: (128, 128) uint8."""
    height, width = pixels.shape
    scale = TILE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tile = np.zeros((TILE_PX, TILE_PX), np.uint8)
    top, left = (TILE_PX - size[1]) // 2, (TILE_PX - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def write_sheet(path: Path, tiles: Sequence[np.ndarray | None]) -> None:
    """Write a sheet of tiles (128, 128) uint8, row by row from the left; missing ones are black."""
    sheet = np.zeros((DOWN * TILE_PX, ACROSS * TILE_PX), np.uint8)
    for at, tile in enumerate(tiles):
        if tile is not None:
            top, left = at // ACROSS * TILE_PX, at % ACROSS * TILE_PX
            sheet[top : top + TILE_PX, left : left + TILE_PX] = tile
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path, quality=_QUALITY)


def describe_sheets(tiles: int, missing: Sequence[int]) -> dict[str, Any]:
    """Return the entry of the manifest for so many tiles, of which some are missing."""
    return {
        "tile_px": TILE_PX,
        "columns": ACROSS,
        "rows": DOWN,
        "count": -(-tiles // PER_SHEET),
        "missing": [int(row) for row in missing],
    }
