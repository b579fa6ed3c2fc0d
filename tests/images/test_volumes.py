"""Images saved as volumes of one slice give the pixels of the image they were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def in_colour(samples: str) -> tuple[np.ndarray, np.ndarray]:
    """Return 8-bit colours (rows, columns, samples), and the same as NIfTI keeps them."""
    colours = np.random.default_rng(1).integers(0, 256, (40, 30, len(samples))).astype(np.uint8)
    values = np.zeros((30, 40, 1), [(name, "u1") for name in samples])
    for index, name in enumerate(samples):
        values[name] = colours[..., index].T[..., None]
    return colours, values


@pytest.mark.parametrize("samples", ["RGB", "RGBA"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_colours_of_nifti_are_those_of_the_png(name: str, samples: str, tmp_path: Path) -> None:
    import nibabel

    colours, values = in_colour(samples)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / name)
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_grayscale(tmp_path / name), read_grayscale(tmp_path / "a.png"))


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    import nibabel

    nibabel.save(nibabel.Nifti1Image(PIXELS.T.astype(np.complex64), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(UnreadableImageError, match="complex numbers"):
        read_grayscale(tmp_path / "a.nii")


def test_volume_of_three_columns_is_no_colour_image(tmp_path: Path) -> None:
    volume = np.random.default_rng(2).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    with pytest.raises(UnreadableImageError, match="volume of 40x30x3"):
        read_grayscale(save_image(tmp_path / "a.nrrd", volume))
