from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.authoring.render import deep_merge, render_bundle, render_command
from radiobundle.cli import main


def write_bundle(folder: Path, **overrides: object) -> Path:
    (folder / "authored").mkdir(parents=True)
    (folder / "authored/config.json").write_text(json.dumps({"task": "multiclass", **overrides}))
    (folder / "authored/metadata.json").write_text("{}")
    return folder


def test_merge_goes_into_dicts_and_replaces_everything_else() -> None:
    assert deep_merge({"a": {"x": 1, "y": [1]}, "b": 1}, {"a": {"y": [2]}, "c": 3}) == {
        "a": {"x": 1, "y": [2]},
        "b": 1,
        "c": 3,
    }


def test_another_target_does_not_inherit_the_old_one_s_options() -> None:
    assert deep_merge({"net": {"_target_": "A", "x": 1}}, {"net": {"_target_": "B"}}) == {"net": {"_target_": "B"}}


def test_check_fails_on_a_hand_edited_config_and_render_mends_it(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b")
    assert render_command([str(bundle)], check=False) == 0
    assert render_command([str(bundle)], check=True) == 0
    config = bundle / "configs" / "train.json"
    config.write_text(config.read_text().replace('"max_epochs": 25', '"max_epochs": 31'))
    assert render_command([str(bundle)], check=True) == 1
    assert render_command([str(bundle)], check=False) == 0
    assert json.loads(config.read_text())["max_epochs"] == 25


def test_check_writes_nothing(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b")
    assert render_command([str(bundle)], check=True) == 1
    assert not (bundle / "configs").exists()


def test_the_bundle_s_word_is_the_last(tmp_path: Path) -> None:
    rendered = render_bundle({"task": "multilabel", "train": {"max_epochs": 7}, "common": {"seed": 5}})
    train, inference = (json.loads(rendered[f"configs/{name}.json"]) for name in ("train", "inference"))
    assert train["max_epochs"] == 7
    assert train["seed"] == inference["seed"] == 5
    assert "sigmoid" in train["postprocessing"]["transforms"][0]["func"]


@pytest.mark.parametrize(
    ("overrides", "match"),
    [
        ({"task": "multiclas"}, "multiclass"),
        ({"task": "multiclass", "trian": {}}, "trian"),
        ({"task": "multiclass", "without_recipes": ["densnet"]}, "not a shared recipe; did you mean 'densenet121'"),
        ({"task": "multiclass", "common": {"network_def": "%networks#resnet81"}}, "did you mean 'resnet18'"),
        ({"task": "multiclass", "train": {"max_epoch": 3}}, "uses 'max_epoch'; did you mean 'max_epochs'"),
        ({"task": "multiclass", "train": {"train": {"augmentations": []}}}, "'train#augmentations'; did you mean"),
        ({"task": "multiclass", "evaluate": {"bootstraps": 3}}, "in evaluate.json uses 'bootstraps'; did you mean"),
        ({"task": "multiclass", "common": {"sed": 3}}, "uses 'sed'; did you mean 'seed'"),
    ],
)
def test_what_does_not_exist_is_refused(overrides: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        render_bundle(overrides)


def test_broken_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(tmp_path / "b")
    (bundle / "authored/config.json").write_text("{")
    assert main(["render", str(bundle)]) == 2
    assert "authored/config.json" in capsys.readouterr().err


def test_authored_recipes_are_left_alone(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b")
    own = bundle / "configs" / "recipes" / "own.json"
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    render_command([str(bundle)], check=False)
    assert own.read_text() == "{}"


def test_shared_recipes_come_along_unless_left_out() -> None:
    every = render_bundle({"task": "multiclass"})
    fewer = render_bundle({"task": "multiclass", "without_recipes": ["localise"]})
    assert set(every) - set(fewer) == {"configs/recipes/localise.json"}


def test_named_component_is_written_out_so_that_options_reach_inside() -> None:
    change = {"network_def": {"spatial_dims": 3}}
    rendered = render_bundle({"task": "multilabel", "common": change})
    train, inference = (json.loads(rendered[f"configs/{name}.json"]) for name in ("train", "inference"))
    assert train["network_def"] == inference["network_def"] == {**train["networks"]["resnet18"], "spatial_dims": 3}
    assert train["loss_function"] == train["losses"]["bce"]


def test_bundle_names_components_of_its_own() -> None:
    mine = {"_target_": "radiobundle.networks.SimpleCNN", "num_classes": "@num_classes"}
    rendered = render_bundle(
        {"task": "multilabel", "common": {"networks": {"mine": mine}, "network_def": "%networks#mine"}}
    )
    assert json.loads(rendered["configs/train.json"])["network_def"] == mine
