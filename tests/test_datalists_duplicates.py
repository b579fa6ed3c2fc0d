"""Copies by one change each, on phantoms (the measurement on real images is in datalists/README.md)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from radiobundle.datalists.duplicates import look_alikes
from radiobundle.datalists.fingerprints import read_pixels
from radiobundle.datalists.looks import look_at
from radiobundle.datalists.symmetries import LAYS, laid, laid_waves

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from measure_duplicates import CHANGES


@pytest.fixture(scope="module")
def real_images(real_data_dir: Path) -> list[np.ndarray]:
    paths = sorted((real_data_dir / "pneumonia_xray" / "val").rglob("*.jpg"))
    return [read_pixels(path) for path in paths]


@pytest.mark.real_data
@pytest.mark.parametrize("change", [name for name in CHANGES if "CLAHE" not in name])
def test_copy_is_found_and_its_change_is_named(real_images: list[np.ndarray], change: str) -> None:
    random = np.random.default_rng(0)
    copies = [np.ascontiguousarray(CHANGES[change](image, random)) for image in real_images[:8]]
    images = [*real_images, *copies]
    pairs, capped = look_alikes([look_at(image) for image in images], images.__getitem__)
    planted = {(row, len(real_images) + row) for row in range(8)}
    found = {pair[:2] for pair in pairs}
    assert found <= planted and len(found) >= 7 and capped == 0
    said = {word for pair in pairs for word in pair.change.split(", ")}
    turned = {"turned 270": "turned 90 right", "turned 90": "turned 90 left"}
    for word in ("flipped", "flipped upside down", "inverted", "turned 90", "turned 180", "turned 270"):
        if change == word:
            assert said == {turned.get(word, word)}
    if change.startswith(("cropped", "padded")):
        assert said == {"cropped or shifted"}
    if change.startswith("rotated"):
        assert said == {"rotated 2 degrees"}


@pytest.mark.parametrize("lay", LAYS)
def test_laying_waves_is_laying_pixels(lay: int) -> None:
    from scipy.fft import dctn

    pixels = np.random.default_rng(0).random((8, 8))
    np.testing.assert_allclose(laid_waves(dctn(pixels), lay), dctn(laid(pixels, lay)), atol=1e-6)


def test_constant_image_is_compared_with_nothing() -> None:
    flat = np.full((50, 60), 7, dtype=np.uint8)
    assert look_at(flat) == []
    assert look_alikes([[], []], [flat, flat].__getitem__) == ([], 0)
