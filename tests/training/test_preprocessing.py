"""One image prepared alone is what the store and the engines make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from monai.transforms import CenterScaleCrop
from PIL import Image

from radiobundle.images.reader import RadiographReader
from radiobundle.training import PrepareBatch, PrepareRadiographd
from radiobundle.transforms import StandardizeEachImage

READER = RadiographReader((24, 20), steps=[CenterScaleCrop(roi_scale=0.9)])
NORMALISATION = [StandardizeEachImage()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 40), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_file_becomes_what_the_engines_make_of_it(path: Path) -> None:
    expected = PrepareBatch(NORMALISATION)({"image": torch.from_numpy(READER(path)[None])})[0]
    found = PrepareRadiographd("image", READER, NORMALISATION)({"image": str(path), "name": "a"})
    assert found["name"] == "a" and found["image"].shape == (1, 24, 20)
    assert torch.equal(found["image"], expected[0])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_opened_image_becomes_what_its_file_does(path: Path, channels: int, kind: type) -> None:
    opened = np.repeat(np.asarray(Image.open(path))[None], channels, 0).astype(kind)
    prepare = PrepareRadiographd("image", READER, NORMALISATION)
    expected = prepare({"image": path})["image"]
    for image in (opened, torch.from_numpy(opened)):
        assert torch.equal(prepare({"image": image})["image"], expected)


def test_more_than_8_bits_are_scaled_from_their_own_range(path: Path) -> None:
    deep = np.asarray(Image.open(path)).astype(np.uint16)[None] * 100 + 7
    image = PrepareRadiographd("image", RadiographReader((50, 40)))({"image": deep})["image"]
    assert image.min() == 0 and image.max() == 1
