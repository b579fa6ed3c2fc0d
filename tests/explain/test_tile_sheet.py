"""Tiles on a sheet: each image in its place, whole, with its text."""

from __future__ import annotations

import numpy as np

from radiobundle.explain.tile_sheet import TILE_PX, tile_sheet


def test_each_image_is_in_its_place_and_whole() -> None:
    tiles = [np.full((40, 80), level, np.uint8) for level in (10, 20, 30, 40, 50)]
    sheet = tile_sheet(tiles, [("a", "b")] * 5)
    step = len(sheet) // 2
    centres = [sheet[TILE_PX // 2 + index // 4 * step, TILE_PX // 2 + index % 4 * TILE_PX] for index in range(5)]
    assert centres == [10, 20, 30, 40, 50]
    assert sheet[5, TILE_PX // 2] == 255  # a wide image leaves room above


def test_captions_are_written_below_and_cut_at_the_tile() -> None:
    tiles = [np.zeros((32, 32), np.uint8)] * 2
    sheet = tile_sheet(tiles, [("a name that is much too long to fit below one tile",), ("",)])
    text = sheet[TILE_PX:]
    assert (text[:, :TILE_PX] < 128).any() and (text[:, TILE_PX:] == 255).all()
