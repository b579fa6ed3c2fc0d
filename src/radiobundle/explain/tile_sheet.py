"""Small images with captions on one sheet, in milliseconds, for pages that are made during training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TILE_PX, _LINE_PX, _TEXT_PX, _COLUMNS = 160, 15, 12, 4


def tile_sheet(tiles: Sequence[np.ndarray], captions: Sequence[Sequence[str]]) -> np.ndarray:
    """Return images side by side, four in a row, with lines of text below each: uint8 (height, width).

    Args:
        tiles: uint8 (height, width) each, of any size; shrunk or enlarged to fit.
        captions: lines of text for each, all with as many; what is too long is cut.

    >>> tile_sheet([np.zeros((64, 64), np.uint8)] * 5, [("a", "b")] * 5).shape
    (380, 640)
    """
    lines = max(map(len, captions))
    height = TILE_PX + lines * _LINE_PX
    sheet = Image.new("L", (_COLUMNS * TILE_PX, -(-len(tiles) // _COLUMNS) * height), 255)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_TEXT_PX)
    for index, (tile, caption) in enumerate(zip(tiles, captions, strict=True)):
        left, top = index % _COLUMNS * TILE_PX, index // _COLUMNS * height
        image = Image.fromarray(tile)
        scale = (TILE_PX - 4) / max(image.size)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        sheet.paste(image, (left + (TILE_PX - image.width) // 2, top + (TILE_PX - image.height) // 2))
        for line, text in enumerate(caption):
            draw.text((left + 3, top + TILE_PX + line * _LINE_PX), _cut(text, font), fill=0, font=font)
    return np.asarray(sheet)


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return as much of a text as fits below a tile."""
    if font.getlength(text) <= TILE_PX - 6:
        return text
    while text and font.getlength(f"{text}...") > TILE_PX - 6:
        text = text[:-1]
    return f"{text}..."
