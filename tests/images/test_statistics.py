"""The average image and the pixel statistics of the training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.images.statistics import measure_pixels, read_pixel_statistics, write_pixel_statistics
from radiobundle.transforms import StandardizeDataset, SubtractAverageImage


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (50, 2, 12, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def path(images: torch.Tensor, tmp_path: Path) -> Path:
    write_pixel_statistics(tmp_path / "pixels.npz", measure_pixels(images.split(8)))
    return tmp_path / "pixels.npz"


def test_statistics_are_numpys(images: torch.Tensor, path: Path) -> None:
    found, pixels = read_pixel_statistics(path), images.numpy() / 255
    np.testing.assert_allclose(found.average, pixels.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.mean, pixels.mean((0, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(found.std, pixels.std((0, 2, 3)), atol=1e-6)


def test_figure_shows_the_channels_side_by_side(images: torch.Tensor, path: Path) -> None:
    with Image.open(path.with_name("average.png")) as figure:
        assert figure.size == (20, 12)
        expected = np.concatenate(list(images.double().mean(0).numpy()), axis=1)
        np.testing.assert_allclose(np.asarray(figure), expected, atol=0.51)


def test_training_images_are_centred_by_either_normalisation(images: torch.Tensor, path: Path) -> None:
    images = images.float() / 255
    for transform in (StandardizeDataset(path), SubtractAverageImage(path)):
        normal = transform(images)
        assert normal.mean((0, 2, 3)).abs().max() < 1e-4
    assert StandardizeDataset(path)(images).std((0, 2, 3), correction=0).sub(1).abs().max() < 1e-4
    assert SubtractAverageImage(path)(images).mean(0).abs().max() < 1e-5


def test_other_image_size_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match=r"\[2, 12, 10\], the images are \[2, 6, 6\]"):
        SubtractAverageImage(path)(torch.zeros(1, 2, 6, 6))


def test_missing_and_damaged_statistics_are_named(path: Path) -> None:
    with pytest.raises(ValueError, match=r"no\.npz: no such file; training"):
        SubtractAverageImage(path.with_name("no.npz"))(torch.zeros(1, 2, 12, 10))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="damaged"):
        read_pixel_statistics(path)


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(ValueError, match="no"):
        measure_pixels([])


def test_evaluation_and_inference_find_the_statistics_beside_the_weights(tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path)
    run_bundle("train", "recipes/normalise_dataset", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/normalise_dataset", **TINY, **paths, bootstrap=20, precision="fp32")
    normalisation = [{"_target_": "radiobundle.transforms.StandardizeDataset", "statistics": "@pixel_statistics"}]
    moved = {
        **{key: value for key, value in paths.items() if key != "output_dir"},
        "output_dir": str(tmp_path / "elsewhere"),
        "checkpoint": f"{paths['output_dir']}/models/model.pt",
    }
    run_bundle("inference", **TINY, **moved, normalisation=normalisation, precision="fp32")
    evaluated = pd.read_csv(tmp_path / "output/predictions.csv").set_index("image")
    inferred = pd.read_csv(tmp_path / "elsewhere/inference/predictions.csv").set_index("image")
    columns = [column for column in evaluated if column.startswith("prob:")]
    np.testing.assert_allclose(inferred.loc[evaluated.index, columns], evaluated[columns], atol=1e-5)
