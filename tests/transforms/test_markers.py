"""Letters are found beside the body, and nothing of the body is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radiobundle.images.grayscale import read_grayscale
from radiobundle.transforms import MaskMarkers
from radiobundle.transforms.markers import find_markers, marker_mask


def body(size_px: int = 256) -> np.ndarray:
    """A bright soft ellipse on dark ground, with some noise."""
    across = np.linspace(-1, 1, size_px)
    radius = np.hypot(across[None, :] / 0.7, across[:, None] / 0.95)
    noise = np.random.default_rng(0).normal(0, 2, (size_px, size_px))
    return np.clip(20 + 170 / (1 + np.exp(20 * (radius - 0.9))) + noise, 0, 255).astype(np.float32)


def with_letters(image: np.ndarray, corner: tuple[int, int], count: int = 1) -> np.ndarray:
    """Add so many letters L of 12 x 8 pixels of 256, from the corner (across, down) on."""
    lettered, scale = image.copy(), len(image) / 256
    for index in range(count):
        left, top, width, height, stroke = (
            round(value * scale) for value in (corner[0] + 10 * index, corner[1], 8, 12, 2)
        )
        lettered[top : top + height, left : left + stroke] = 250
        lettered[top + height - stroke : top + height, left : left + width] = 250
    return lettered


def test_nothing_is_found_on_a_body_without_letters() -> None:
    assert find_markers(body()) == [] and find_markers(np.full((64, 64), 9.0)) == []


@pytest.mark.parametrize("size_px", [150, 256, 1024])
def test_letter_is_found_whole_at_any_size(size_px: int) -> None:
    plain = body(size_px)
    lettered = with_letters(plain, (232, 12))
    changed = np.abs(lettered - plain) > 30
    mask = marker_mask(lettered)
    assert len(find_markers(lettered)) == 1
    assert mask[changed].all() and mask.mean() < 0.02


def test_words_are_one_box_each() -> None:
    lettered = with_letters(with_letters(body(512), (4, 10), 3), (225, 10))
    assert len(find_markers(lettered)) == 2


def test_masking_leaves_nothing_of_the_letter_and_all_of_the_rest() -> None:
    plain = body()
    lettered = with_letters(plain, (232, 12))
    mask = marker_mask(lettered)
    found = MaskMarkers()(lettered[None])[0]
    np.testing.assert_array_equal(found[~mask], lettered[~mask])
    assert np.abs(found - plain)[mask].max() < 15 < np.abs(lettered - plain)[mask].max()
    assert find_markers(found) == []


def test_letter_in_the_middle_is_left_alone() -> None:
    dark = np.full((256, 256), 30.0, np.float32)
    assert find_markers(with_letters(dark, (114, 130), 3)) == [] and find_markers(with_letters(dark, (20, 124), 3))


@pytest.mark.real_data
def test_markers_of_real_radiographs_are_found(real_data_dir: Path) -> None:
    folder = real_data_dir / "pneumonia_xray" / "train" / "normal"
    found = [bool(find_markers(np.asarray(read_grayscale(path)))) for path in sorted(folder.glob("*"))[:100]]
    assert np.mean(found) > 0.75  # nearly all of them bear an R
