"""What a recipe must be given after."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bundle_runs import CHESTXRAY14, PNEUMONIA
from radiobundle.bundles.recipes import config_chain, load_config


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", "line 2: 'c' stands in line 2 already, keep one"),
        ("a: 1\na: 2\n", "line 2: 'a' stands in line 1 already"),
        ("a: 010\n", "line 1: YAML reads 010 in base 8 or 60; write it in base 10"),
        ("a: [1, 1:30]\n", "YAML reads 1:30 in base 8 or 60"),
        ("a: 1:30.5\n", "YAML reads 1:30.5 in base 8 or 60"),
        ("a: [1, 2\n", "line 2: expected ',' or ']'"),
    ],
)
def test_yaml_that_does_not_mean_what_it_says_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ValueError, match=re.escape(message)):
        load_config(tmp_path / "a.yaml")


def test_yaml_that_means_what_it_says_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a {x: 0, y: -1.5}\nb: {<<: *a, x: 7}\nc: '010'\nd: [0x10, yes, 1e-4]\n")
    found = load_config(tmp_path / "a.yaml")
    assert found["b"] == {"x": 7, "y": -1.5} and found["c"] == "010" and found["d"] == [16, True, "1e-4"]
