"""Images saved as volumes of one slice give the pixels of the figure they were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.reader import RadiographReader

itk = pytest.importorskip("itk")
nibabel = pytest.importorskip("nibabel")
PIXELS = np.random.default_rng(0).integers(0, 4000, (40, 30)).astype(np.uint16)


def save(path: Path, pixels: np.ndarray = PIXELS) -> Path:
    if ".nii" in path.name:
        nibabel.save(nibabel.Nifti1Image(pixels.T.astype(np.int32), np.eye(4)), path)
    else:
        itk.imwrite(itk.image_from_array(pixels), str(path))
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.mha", "a.nrrd"])
def test_image_is_that_of_its_png(name: str, tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    read = RadiographReader((20, 20))
    np.testing.assert_array_equal(read(save(tmp_path / name)), read(tmp_path / "a.png"))


def test_stack_of_slices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"volume of .*one image is one slice"):
        read_grayscale(save(tmp_path / "a.mha", np.stack([PIXELS] * 3)))


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd"])
def test_broken_file_is_named(name: str, tmp_path: Path) -> None:
    path = save(tmp_path / name)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadableImageError, match="not a readable image"):
        read_grayscale(path)
