"""Images saved as volumes of one slice give the pixels of the image they were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from image_files import save_image
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.reader import RadiographReader

pytest.importorskip("itk")
pytest.importorskip("nibabel")
PIXELS = np.random.default_rng(0).integers(0, 4000, (40, 30)).astype(np.uint16)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.mha", "a.nrrd"])
def test_image_is_that_of_its_png(name: str, tmp_path: Path) -> None:
    read = RadiographReader((20, 20))
    expected = read(save_image(tmp_path / "a.png", PIXELS))
    np.testing.assert_array_equal(read(save_image(tmp_path / name, PIXELS)), expected)


def test_stack_of_slices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"volume of .*an image has one slice"):
        read_grayscale(save_image(tmp_path / "a.mha", np.stack([PIXELS] * 3)))


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd"])
def test_broken_file_is_named(name: str, tmp_path: Path) -> None:
    path = save_image(tmp_path / name, PIXELS)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        read_grayscale(path)
