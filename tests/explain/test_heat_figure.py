"""Contours lie where the heat is, and the boxes where the radiologist put them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from radiobundle.explain.heat_figure import HeatPanel, plot_heat
from radiobundle.reporting.style import ORANGE


def test_contours_and_boxes_are_where_they_belong(tmp_path: Path) -> None:
    image = np.zeros((30, 40), np.uint8)
    image[0, 0] = 100  # an image of one grey level would be refused
    Image.fromarray(image).save(tmp_path / "image.png")
    heat = np.zeros((8, 8))
    heat[2:4, 1:3] = 1
    box = {"x": 0.6, "y": 0.5, "width": 0.3, "height": 0.4}
    panels = [
        HeatPanel(str(tmp_path / "image.png"), "warm", heat, (0.25, 0.375), [box]),
        HeatPanel(str(tmp_path / "image.png"), "cold", np.zeros((8, 8)), (0.5, 0.5)),
    ]
    plot_heat(panels, tmp_path / "figure.png")
    pixels = np.asarray(Image.open(tmp_path / "figure.png").convert("RGB")) / 255
    is_orange = np.abs(pixels - to_rgb(ORANGE)).max(axis=2) < 0.1
    is_image = pixels.max(axis=2) < 0.1
    down, across = (np.flatnonzero(is_image.mean(axis) > 0.5) for axis in (1, 0))  # more than titles
    gap = across[np.diff(across).argmax()] + 1  # between the two images
    warm = (slice(down[0], down[-1]), slice(across[0], gap))
    assert is_orange[warm].sum() == is_orange.sum() > 0
    height, width = is_orange[warm].shape
    rows, columns = np.nonzero(is_orange[warm])
    assert abs(rows.mean() / height - 0.375) < 0.05 and abs(columns.mean() / width - 0.25) < 0.05
    rows, columns = np.nonzero((pixels[warm].min(axis=2) > 0.9)[:, width // 2 :])  # without the cross
    assert abs(rows.min() / height - 0.5) < 0.03 and abs(rows.max() / height - 0.9) < 0.03
    assert abs(columns.min() / width - 0.1) < 0.03 and abs(columns.max() / width - 0.4) < 0.03
