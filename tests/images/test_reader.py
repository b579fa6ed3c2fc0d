from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from monai.transforms import CenterScaleCrop, HistogramNormalize, LoadImage
from PIL import Image

from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.reader import RadiographReader

GRADIENT = np.linspace(0, 255, 40 * 30).reshape(40, 30).astype(np.uint8)


def save(path: Path, mode: str) -> Path:
    image = Image.fromarray(GRADIENT)
    if mode == "I;16":
        image = Image.fromarray(GRADIENT.astype(np.uint16) * 257)
    elif mode == "P":
        image = image.convert("P")
    elif mode != "L":
        image = image.convert("RGB").convert(mode)
    image.save(path)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA"])
def test_every_8_bit_mode_gives_the_same_gray_image(tmp_path: Path, mode: str) -> None:
    pixels = read_grayscale(save(tmp_path / "image.png", mode))
    assert pixels.shape == (40, 30) and pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels.astype(int), GRADIENT.astype(int), atol=1)


def test_cmyk_is_converted(tmp_path: Path) -> None:
    pixels = read_grayscale(save(tmp_path / "image.tif", "CMYK"))
    np.testing.assert_allclose(pixels.astype(int), GRADIENT.astype(int), atol=2)


def test_16_bit_keeps_its_depth_and_becomes_the_same_8_bit_input(tmp_path: Path) -> None:
    path = save(tmp_path / "image16.png", "I;16")
    assert read_grayscale(path).dtype == np.uint16
    reader = RadiographReader([20, 16])
    np.testing.assert_array_equal(reader(path), reader(save(tmp_path / "image8.png", "L")))


def test_exif_orientation_is_obeyed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 270 degrees to see it upright
    Image.fromarray(GRADIENT).save(tmp_path / "turned.png", exif=exif)
    assert read_grayscale(tmp_path / "turned.png").shape == (30, 40)


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"broken\.png"):
        read_grayscale(tmp_path / "broken.png")


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "whole.png", "L")
    (tmp_path / "cut.png").write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableImageError, match=r"cut\.png"):
        read_grayscale(tmp_path / "cut.png")


def test_animation_is_refused(tmp_path: Path) -> None:
    first, second = Image.fromarray(GRADIENT), Image.fromarray(255 - GRADIENT)
    first.save(tmp_path / "two.gif", save_all=True, append_images=[second])
    with pytest.raises(UnreadableImageError, match="2 frames"):
        read_grayscale(tmp_path / "two.gif")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="no such file"):
        read_grayscale(tmp_path / "gone.png")


def test_load_image_of_monai_gives_the_reader_s_pixels_untransposed(tmp_path: Path) -> None:
    path = save(tmp_path / "image.png", "L")
    reader = RadiographReader([20, 16])
    loaded = LoadImage(reader=reader, image_only=True, dtype=np.uint8)(path)
    assert tuple(loaded.shape) == (1, 20, 16)
    np.testing.assert_array_equal(np.asarray(loaded), reader(path))


def test_steps_run_before_resizing(tmp_path: Path) -> None:
    path = save(tmp_path / "image.png", "L")
    cropped = RadiographReader([20, 15], steps=[CenterScaleCrop(roi_scale=0.5)])(path)
    np.testing.assert_array_equal(cropped[0], GRADIENT[10:30, 8:23])


def test_histogram_equalisation_spreads_a_dark_image(tmp_path: Path) -> None:
    Image.fromarray(GRADIENT // 4).save(tmp_path / "dark.png")
    plain = RadiographReader([40, 30])(tmp_path / "dark.png")
    equalised = RadiographReader([40, 30], steps=[HistogramNormalize(min=0, max=255)])(tmp_path / "dark.png")
    assert plain.max() < 70 and equalised.max() > 250


@pytest.mark.real_data
def test_real_rgba_originals_are_read(real_data_dir: Path) -> None:
    paths = sorted((real_data_dir / "nih_chestxray14" / "images_1024_original").glob("*.png"))
    assert {Image.open(path).mode for path in paths} == {"L", "RGBA"}
    assert all(read_grayscale(path).shape == (1024, 1024) for path in paths)
