"""Every thumbnail stands where the page looks for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.viewing.sheets import ACROSS, PER_SHEET, TILE_PX, describe_sheets, thumbnail, write_sheet


@pytest.mark.parametrize("size", [(100, 300), (300, 100), (5, 3), (64, 64), (1, 500)])
def test_an_image_keeps_its_proportions(size: tuple[int, int]) -> None:
    tile = thumbnail(np.full(size, 200, np.uint8))
    assert tile.shape == (TILE_PX, TILE_PX)
    filled = [int((tile > 100).any(axis=axis).sum()) for axis in (1, 0)]
    scale = TILE_PX / max(size)
    assert filled == [max(1, round(side * scale)) for side in size]


def test_tiles_go_from_left_to_right(tmp_path: Path) -> None:
    tiles = [np.full((TILE_PX, TILE_PX), at, np.uint8) for at in range(PER_SHEET - 1)]
    write_sheet(tmp_path / "sheets/0000.jpg", [None, *tiles])
    with Image.open(tmp_path / "sheets/0000.jpg") as image:
        assert image.mode == "L"
        sheet = np.asarray(image).astype(int)
    for at in (0, 1, ACROSS, 50, PER_SHEET - 1):
        top, left = at // ACROSS * TILE_PX, at % ACROSS * TILE_PX
        tile = sheet[top : top + TILE_PX, left : left + TILE_PX]
        assert abs(tile.mean() - max(at - 1, 0)) < 3


def test_the_manifest_counts_sheets() -> None:
    assert [describe_sheets(tiles, [])["count"] for tiles in (1, PER_SHEET, PER_SHEET + 1)] == [1, 1, 2]
    assert describe_sheets(5, [np.int64(3)])["missing"] == [3]
