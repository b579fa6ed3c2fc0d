"""What a recipe must be given after."""

from __future__ import annotations

from pathlib import Path

import pytest

from bundle_runs import CHESTXRAY14, PNEUMONIA
from radiobundle.bundles.recipes import config_chain


def names(bundle: Path, *recipes: str) -> list[str]:
    return [path.stem for path in config_chain(bundle, *recipes)]


def test_bases_come_first_and_once() -> None:
    expected = ["train", "study1", "study1_improved", "study1_resnet18", "study1_resnet18_features"]
    assert names(CHESTXRAY14, "study1_resnet18_features") == expected
    assert names(CHESTXRAY14, "train", "study1", "study1_resnet18_features") == expected


def test_first_alternative_is_taken_unless_another_was_asked_for() -> None:
    assert names(PNEUMONIA, "study") == ["train", "stage1", "study"]
    assert names(PNEUMONIA, "stage2", "study") == ["train", "stage2", "study"]
    assert names(PNEUMONIA, "study_rmsprop") == ["train", "stage2", "study", "study_rmsprop"]


def test_overlays_of_evaluation_come_after_it() -> None:
    assert names(CHESTXRAY14, "localise") == ["train", "evaluate", "localise"]
    assert names(PNEUMONIA, "cascade_hard") == ["train", "evaluate", "cascade", "cascade_hard"]
    assert names(PNEUMONIA, "ensemble") == ["train", "evaluate", "ensemble"]
    assert names(PNEUMONIA, "inference") == ["inference"]


def test_unknown_recipe_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="did you mean 'study1_improved'"):
        config_chain(CHESTXRAY14, "study1_improve")
