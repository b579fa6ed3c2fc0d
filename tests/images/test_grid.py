"""Back to the pixels of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from monai.transforms import CenterScaleCrop, GaussianSmooth
from PIL import Image

from radiobundle.images.grid import ImageGrid, over_whole_image, read_grid, to_image_grid
from radiobundle.images.reader import RadiographReader


def spot(size: tuple[int, int], row: int, column: int) -> np.ndarray:
    """A dark image with a square of light."""
    pixels = np.zeros(size, np.uint8)
    pixels[row - 6 : row + 6, column - 6 : column + 6] = 255
    return pixels


def centre(heat: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(heat.shape)
    return float((rows * heat).sum() / heat.sum()), float((columns * heat).sum() / heat.sum())


@pytest.mark.parametrize("steps", [[], [CenterScaleCrop(0.8)], [GaussianSmooth(1), CenterScaleCrop((0.9, 0.7))]])
@pytest.mark.parametrize("size", [(120, 200), (97, 61)])
def test_what_the_network_sees_goes_back_to_where_it_was(size: tuple[int, int], steps: list[Any]) -> None:
    pixels = spot(size, size[0] // 2 + 12, size[1] // 2 - 9)
    seen = RadiographReader((64, 64), steps=steps).prepare(Image.fromarray(pixels))[0]
    heat = to_image_grid(seen.astype(np.float32), ImageGrid(size, size), steps=steps)
    assert heat.shape == size
    assert centre(heat) == pytest.approx(centre(pixels.astype(float)), abs=0.7)


def test_what_was_cropped_off_is_zero() -> None:
    heat = to_image_grid(np.ones((8, 8), np.float32), ImageGrid((100, 50), (100, 50)), steps=[CenterScaleCrop(0.5)])
    assert heat[50, 25] == 1 and heat[:20].max() == 0 and heat[:, :10].max() == 0
    assert heat.sum() == 50 * 25


@pytest.mark.parametrize("size", [(120, 200), (900, 700)])
def test_map_of_a_crop_lies_over_the_whole_image_in_figures(tmp_path: Path, size: tuple[int, int]) -> None:
    steps = [CenterScaleCrop(0.8)]
    pixels = spot(size, size[0] // 2 + 30, size[1] // 2 - 20)
    Image.fromarray(pixels).save(tmp_path / "spot.png")
    seen = RadiographReader((64, 64), steps=steps)(tmp_path / "spot.png")[0].astype(np.float32)
    over = over_whole_image(seen, tmp_path / "spot.png", steps=steps)
    assert max(over.shape) <= 512
    scale = np.array(size) / np.array(over.shape)
    assert np.array(centre(over)) * scale == pytest.approx(np.array(centre(pixels.astype(float))), abs=1.5)


def test_map_of_the_whole_image_stays_as_it_is(tmp_path: Path) -> None:
    heat = np.ones((4, 4), np.float32)
    assert over_whole_image(heat, tmp_path / "not read", steps=[GaussianSmooth(1)]) is heat


def test_step_that_cannot_be_undone_is_named() -> None:
    def halve(image: np.ndarray) -> np.ndarray:
        return image[:, ::2, ::2]

    with pytest.raises(ValueError, match="preprocessing step function changes the image's size"):
        to_image_grid(np.ones((8, 8)), ImageGrid((100, 50), (100, 50)), steps=[halve])


def test_nifti_keeps_its_place_in_space(tmp_path: Path) -> None:
    affine = np.diag([-0.2, -0.5, 1, 1])
    affine[:3, 3] = 5, 6, 7
    pixels = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(pixels.T[:, :, None], affine), tmp_path / "a.nii.gz")
    grid = read_grid(tmp_path / "a.nii.gz")
    assert grid.size_px == (20, 30) and grid.spacing_mm == pytest.approx((0.5, 0.2))
    np.testing.assert_allclose(grid.affine, affine, atol=1e-6)
    sideways = affine[:, [2, 0, 1, 3]]
    nibabel.save(nibabel.Nifti1Image(pixels.T[None], sideways), tmp_path / "b.nii")
    np.testing.assert_allclose(read_grid(tmp_path / "b.nii").affine, affine, atol=1e-6)


def test_turned_photograph_has_the_grid_that_a_viewer_shows(tmp_path: Path) -> None:
    image = Image.fromarray(spot((40, 80), 10, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    assert read_grid(tmp_path / "turned.png") == ImageGrid((80, 40), (80, 40))


def test_oblong_pixels_of_dicom_come_back(tmp_path: Path) -> None:
    from image_files import make_dicom

    make_dicom(tmp_path / "a.dcm", spot((50, 60), 20, 20).astype(np.uint16), PixelSpacing=[0.4, 0.2])
    grid = read_grid(tmp_path / "a.dcm")
    assert (grid.size_px, grid.square_size_px, grid.spacing_mm) == ((50, 60), (100, 60), (0.4, 0.2))
    assert to_image_grid(np.ones((8, 8), np.float32), grid).shape == (50, 60)
