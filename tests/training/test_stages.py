"""Small images and weak augmentation first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bundle_runs import TINY, make_blob_list, narrow_resnet, run_bundle
from radiobundle.training import PrepareBatch, TrainingStages
from radiobundle.training.stages import augment_some, shrink

SCALES = [[0, 0.5], [0.5, 0.75], [0.9, 1]]


@pytest.mark.parametrize(("over", "scale"), [(0, 0.5), (0.49, 0.5), (0.5, 0.75), (0.89, 0.75), (0.9, 1)])
def test_scale_is_that_of_the_stage(over: float, scale: float) -> None:
    stages = TrainingStages(SCALES)
    stages.set(over)
    assert stages.image_scale == scale


@pytest.mark.parametrize(("over", "probability"), [(0, 0), (0.2, 0.5), (0.4, 1), (1, 1)])
def test_augmentation_grows_to_its_full_strength(over: float, probability: float) -> None:
    stages = TrainingStages(augmentation_ramp=0.4)
    stages.set(over)
    assert stages.augmented == pytest.approx(probability)


def test_without_stages_nothing_changes() -> None:
    stages = TrainingStages()
    images = torch.rand(2, 1, 9, 9)
    assert (stages.image_scale, stages.augmented) == (1, 1)
    assert shrink(images, 1) is images


@pytest.mark.parametrize(
    ("scales", "match"),
    [
        ([], "pairs"),
        ([[0.1, 0.5]], "first from 0"),
        ([[0, 0.5, 1]], "pairs"),
        ([[0, 0.5], [0.5, 1.5]], "up to 1"),
        ([[0, 0]], "above 0"),
        ([[0, 0.5], [0.7, 1], [0.6, 1]], "one after another"),
        ([[0, 0.5], [1, 1]], "before 1"),
    ],
)
def test_impossible_scales_are_named(scales: list[list[float]], match: str) -> None:
    with pytest.raises(ValueError, match=f"image_scales.*{match}"):
        TrainingStages(scales)


def test_outside_of_a_training_the_last_stage_holds() -> None:
    stages = TrainingStages(SCALES, augmentation_ramp=0.5)
    assert (stages.image_scale, stages.augmented) == (1, 1)


def test_impossible_ramp_is_named() -> None:
    with pytest.raises(ValueError, match="augmentation_ramp"):
        TrainingStages(augmentation_ramp=2)


def test_shrinking_keeps_the_mean_and_never_enlarges() -> None:
    images = torch.rand(2, 1, 64, 32)
    small = shrink(images, 0.5)
    assert small.shape == (2, 1, 32, 16)
    torch.testing.assert_close(small.mean((2, 3)), images.mean((2, 3)), atol=0.01, rtol=0)
    assert shrink(torch.zeros(1, 1, 6, 6), 0.9).shape == (1, 1, 6, 6)


def test_half_of_the_images_are_augmented_at_half_the_probability() -> None:
    torch.manual_seed(0)
    images = torch.zeros(1000, 1, 1, 1)
    assert 400 < augment_some(images, [lambda batch: batch + 1], 0.5).sum() < 600
    assert augment_some(images, [lambda batch: batch + 1], 0).sum() == 0
    assert augment_some(images, [lambda batch: batch + 1], 1).sum() == 1000


def test_batch_has_the_size_of_its_stage() -> None:
    stages = TrainingStages([[0, 0.5], [0.5, 1]])
    stages.set(0)
    batch = {"image": torch.zeros(2, 1, 32, 32, dtype=torch.uint8)}
    assert PrepareBatch(stages=stages)(batch)[0].shape == (2, 1, 16, 16)
    assert PrepareBatch()(batch)[0].shape == (2, 1, 32, 32)


@pytest.mark.parametrize(
    ("recipes", "options"),
    [([], {}), (["recipes/average_image"], {"network_def": narrow_resnet(8, 8, 8, 8)})],
    ids=["network", "normalisation"],
)
def test_what_has_one_size_is_refused_before_the_training(
    recipes: list[str], options: dict[str, Any], tmp_path: Path
) -> None:
    options = {**TINY, **options, **make_blob_list(tmp_path), "image_scales": [[0, 0.7], [0.5, 1]], "max_epochs": 2}
    with pytest.raises(RuntimeError) as error:
        run_bundle("train", *recipes, **options)
    assert "image_scales: the network or the normalisation does not take images at scale 0.7" in str(
        error.value.__cause__ or error.value
    )
