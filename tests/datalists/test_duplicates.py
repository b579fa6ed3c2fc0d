"""Copies by one change each, on phantoms (the measurement on real images is in datalists/README.md)."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from measure_duplicates import CHANGES
from radiobundle.datalists.changes import Placement, shear
from radiobundle.datalists.duplicates import MOST_SHEAR, identical_groups, look_alikes, pair_groups
from radiobundle.datalists.looks import look_at
from radiobundle.datalists.symmetries import LAYS, laid, laid_waves
from radiobundle.images.grayscale import read_grayscale


@pytest.fixture(scope="module")
def real_images(real_data_dir: Path) -> list[np.ndarray]:
    paths = sorted((real_data_dir / "pneumonia_xray" / "val").rglob("*.jpg"))
    return [read_grayscale(path) for path in paths]


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


def turning(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (np.eye(2), 0.0),
        (turning(2), 0.0),
        (np.diag([0.5, 0.8]) @ turning(3), 0.0),  # turned, then resized to another shape
        (turning(-3) @ np.diag([2.0, 0.7]), 0.0),
        (np.array([[1.0, 0.05], [0.0, 1.0]]), np.sin(np.arctan(0.05))),
        (turning(2) @ np.array([[1.0, 0.0], [-0.03, 1.0]]), np.sin(np.arctan(0.03))),
    ],
)
def test_only_shearing_is_shear(matrix: np.ndarray, expected: float) -> None:
    corners = np.array([[0.0, 0.0], [300.0, 0.0], [0.0, 200.0], [300.0, 200.0]])
    size = np.array([300.0, 200.0])
    placement = Placement(start=corners, end=corners @ matrix.T + 7, size=size, other_size=size)
    assert shear(placement) == pytest.approx(expected, abs=1e-9, rel=0.01)


@pytest.mark.real_data
def test_sheared_image_is_no_copy(real_images: list[np.ndarray]) -> None:
    height, width = real_images[0].shape
    for share, copies in ((0.0, 8), (2 * MOST_SHEAR, 0)):
        matrix = np.array([[1.0, share, -share * height / 2], [0.0, 1.0, 0.0]])
        sheared = [
            cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE) for image in real_images[:8]
        ]
        images = [*real_images, *sheared]
        pairs, _ = look_alikes([look_at(image) for image in images], images.__getitem__)
        assert len(pairs) == copies


def test_groups_of_pairs_are_connected() -> None:
    assert pair_groups(np.array([[0, 5], [2, 3], [5, 7]])) == [[0, 5, 7], [2, 3]]
    assert pair_groups(np.empty((0, 2), dtype=int)) == []
    assert identical_groups(["x", "y", "x", "z", "y"]) == [[0, 2], [1, 4]]
