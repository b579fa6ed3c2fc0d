"""Registered weights get the input they were trained with, or are refused with the fix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from monai.bundle import ConfigParser

import radiobundle
from bundle_runs import BUNDLES
from radiobundle.bundles.recipes import config_chain
from radiobundle.pretrained.expected import fitting_normalisation
from radiobundle.pretrained.fit import input_channels, input_difference
from radiobundle.pretrained.registry import entry_files, find_entry
from radiobundle.transforms import StandardizeBy, StandardizeEachImage

NAMES = sorted(entry_files())
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def built(section: Any) -> Any:
    return ConfigParser({"made": section}).get_parsed_content("made")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_override_of_each_message_is_accepted(name: str, channels: int) -> None:
    entry = find_entry(name)
    message = input_difference(entry, [StandardizeEachImage()], channels=channels)
    override = json.loads(message.partition('--normalisation "')[2].partition('". To keep')[0])
    assert override == fitting_normalisation(entry, channels=channels)
    assert input_difference(entry, built(override), channels=channels) == ""


def test_what_differs_is_named() -> None:
    entry = find_entry("densenet121_xrv_all")
    message = input_difference(entry, [StandardizeBy(mean=0.449, std=0.226)], channels=1)
    assert "this configuration normalises by StandardizeBy (mean 0.449, std 0.226)" in message
    assert "give the recipe torchxrayvision, or" in message
    assert "normalises by nothing" in input_difference(entry, [], channels=1)


def test_three_channels_want_each_its_own_numbers() -> None:
    entry = find_entry("resnet18_imagenet")
    assert input_difference(entry, [StandardizeBy(**IMAGENET)], channels=3) == ""
    assert input_difference(entry, [StandardizeBy(mean=0.449, std=0.226)], channels=3)
    assert input_difference(entry, [StandardizeBy(**IMAGENET)], channels=1)


@pytest.mark.parametrize(
    "recipe",
    [path for bundle in BUNDLES for path in sorted((bundle / "configs" / "recipes").glob("*.json"))
     if json.loads(path.read_text()).get("pretrained") in NAMES],
    ids=lambda path: f"{path.parents[2].name}-{path.stem}",
)  # fmt: skip
def test_recipe_has_the_network_and_input_of_its_weights(recipe: Path) -> None:
    bundle, content = recipe.parents[2], {}
    for file in config_chain(bundle, "train", recipe.stem):
        content |= json.loads(file.read_text())
    entry = find_entry(content["pretrained"])
    assert recipe.stem in entry.recipes
    assert input_difference(entry, built(content["normalisation"]), channels=1) == ""
    stated = content["network_def"]
    section = content["networks"][stated.removeprefix("@networks#")] if isinstance(stated, str) else stated
    assert section["_target_"] == entry.network["_target_"]


@pytest.mark.parametrize("name", NAMES)
def test_recipes_that_an_entry_names_exist(name: str) -> None:
    shared = {path.stem for path in (Path(radiobundle.__file__).parent / "templates" / "recipes").rglob("*.json")}
    own = {path.stem for bundle in BUNDLES for path in (bundle / "configs" / "recipes").glob("*.json")}
    assert set(find_entry(name).recipes) <= shared | own


def test_channels_are_those_of_the_first_convolution() -> None:
    network = built({"_target_": "radiobundle.networks.efficientnet_lite0", "in_channels": 3, "num_classes": 2})
    assert input_channels(network) == 3
