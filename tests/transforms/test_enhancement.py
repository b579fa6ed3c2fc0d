"""Enhanced copies as further channels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from radiobundle.transforms import EnhancementChannels


def test_enhancement_keeps_the_image_and_adds_two_stretched_copies() -> None:
    image = np.linspace(100, 140, 400, dtype=np.float32).reshape(1, 20, 20).round()
    channels = EnhancementChannels(contrast=2.0)(image)
    assert channels.shape == (3, 20, 20)
    np.testing.assert_array_equal(channels[0], image[0])
    assert np.ptp(channels[1]) > 200  # equalised: nearly the whole range of grays
    assert np.ptp(channels[2]) == pytest.approx(2 * np.ptp(image), abs=2)


def test_enhancement_of_a_second_kind_of_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="one channel, got 3"):
        EnhancementChannels()(np.zeros((3, 4, 4), np.float32))


def test_clahe_equalises_tile_by_tile() -> None:
    ramp = np.tile(np.linspace(80, 120, 64, dtype=np.float32), (64, 1))[None].round()
    whole = EnhancementChannels()(ramp)[1]
    tiles = EnhancementChannels(equalisation="clahe")(ramp)[1]
    np.testing.assert_array_equal(tiles, cv2.createCLAHE(2.0, (8, 8)).apply(ramp[0].astype(np.uint8)))
    assert not np.array_equal(whole, tiles)


def test_unknown_equalisation_is_refused() -> None:
    with pytest.raises(ValueError, match="histogram or clahe, got 'adaptive'"):
        EnhancementChannels(equalisation="adaptive")  # type: ignore[arg-type]
