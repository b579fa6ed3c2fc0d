"""Every bundle and every recipe, with MONAI's own workflow."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import monai
import numpy as np
import pandas as pd
import pytest
import torch
from monai.bundle import ConfigParser, ConfigWorkflow

from bundle_runs import (
    BUNDLES,
    CHESTXRAY14,
    CHEXPERT,
    FRACATLAS,
    MURA,
    PNEUMONIA,
    TINY,
    chdir,
    config_files,
    narrow_resnet,
    run_bundle,
)
from processes import linted_at_once
from radiobundle.bundles.recipes import config_chain
from radiobundle.cli import main
from radiobundle.networks import efficientnet_lite0, torchvision_efficientnet
from radiobundle.sources import chestxray14, chexpert_labels, fracatlas, mura, pneumonia

pytestmark = pytest.mark.slow
RECIPES = [
    (bundle, path.stem) for bundle in BUNDLES for path in sorted((bundle / "configs" / "recipes").glob("*.json"))
]
NOT_TRAINED = {
    "cascade",
    "cascade_hard",
    "explain",
    "localise",
    "lr_range_test",
    "mirrored",
    "shortcuts",
    "study1_ensemble",
}
TRAINED = [(bundle, recipe) for bundle, recipe in RECIPES if recipe not in NOT_TRAINED]
SIMPLE = {"_target_": "radiobundle.networks.SimpleCNN", "in_channels": "@input_channels", "num_classes": "@num_classes"}
SMALL = {"image_size_px": [64, 64], "batch_size": 16}


def name_of(value: Any) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.fixture(scope="session")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Stand-ins for published weights, by the name of the network: three colours, a thousand classes."""
    folder = tmp_path_factory.mktemp("imagenet")
    networks = {
        "resnet18": monai.networks.nets.resnet18(
            spatial_dims=2, n_input_channels=3, num_classes=1000, conv1_t_stride=2, bias_downsample=False
        ),
        "densenet121": monai.networks.nets.DenseNet121(spatial_dims=2, in_channels=3, out_channels=1000),
        "densenet169": monai.networks.nets.DenseNet169(spatial_dims=2, in_channels=3, out_channels=1000),
        "efficientnet_b4": torchvision_efficientnet("efficientnet-b4", in_channels=3, num_classes=1000),
        "efficientnet_lite0": efficientnet_lite0(in_channels=3, num_classes=1000),
        "an earlier stage": monai.networks.nets.DenseNet121(spatial_dims=2, in_channels=1, out_channels=3),
    }
    for name, network in networks.items():
        torch.save(network.state_dict(), folder / f"{name}.pth")
    return {name: str(folder / f"{name}.pth") for name in networks}


@pytest.fixture
def lists_of(
    paths: dict[str, str],
    chestxray14_list: dict[str, str],
    chexpert_list: dict[str, str],
    mura_lists: dict[str, dict[str, str]],
    fracatlas_lists: dict[str, dict[str, str]],
) -> dict[Path, dict[str, dict[str, str]]]:
    """Overrides for each bundle, by the recipe that needs a list of its own; "" for all others."""
    return {
        PNEUMONIA: {"": paths},
        CHESTXRAY14: {"": chestxray14_list},
        CHEXPERT: {"": chexpert_list},
        MURA: mura_lists,
        FRACATLAS: fracatlas_lists,
    }


@pytest.fixture
def paths_of(lists_of: dict[Path, dict[str, dict[str, str]]], paths: dict[str, str]) -> dict[Path, dict[str, str]]:
    return {bundle: {**lists[""], "output_dir": paths["output_dir"]} for bundle, lists in lists_of.items()}


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
@pytest.mark.parametrize(
    ("names", "kind"), [(["train"], "train"), (["train", "evaluate"], "train"), (["inference"], "infer")]
)
def test_no_property_is_missing(
    bundle: Path, names: list[str], kind: str, paths_of: dict[Path, dict[str, str]]
) -> None:
    with chdir(bundle):
        workflow = ConfigWorkflow(
            config_file=config_files(*names, bundle=bundle),
            meta_file="configs/metadata.json",
            logging_file=False,
            workflow_type=kind,
            **paths_of[bundle],
        )
        workflow.initialize()
        assert workflow.check_properties() == []
        assert workflow.parser.get("run")


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_version_is_in_the_changelog_and_labels_are_stated_once(bundle: Path) -> None:
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
    assert metadata["version"] in metadata["changelog"]
    output = metadata["network_data_format"]["outputs"]["pred"]
    assert len(output["channel_def"]) == output["num_channels"]
    for name in ("train", "evaluate", "inference"):
        assert json.dumps(list(output["channel_def"].values())) not in (bundle / f"configs/{name}.json").read_text()


def few_images(datalist: Path, path: Path) -> str:
    """Write a datalist of eight images a split, for training of all labels; enough to see that a recipe runs."""
    content = json.loads(datalist.read_text())
    items, missing, chosen = content["training"], set(range(len(content["labels"]))), []
    for item in items:
        if missing & (new := {index for index, value in enumerate(item["label"]) if value == 1}):
            chosen.append(item)
            missing -= new
    content["training"] = [*chosen, *(item for item in items if item not in chosen)][: max(len(chosen), 8)]
    content["validation"] = content["validation"][:8]
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize(("bundle", "recipe"), TRAINED, ids=name_of)
def test_recipe_trains_for_an_epoch(
    bundle: Path,
    recipe: str,
    lists_of: dict[Path, dict[str, dict[str, str]]],
    paths: dict[str, str],
    imagenet: dict[str, str],
) -> None:
    files = config_chain(bundle, "train", recipe)
    stacked = {key: value for file in files for key, value in json.loads(file.read_text()).items()}
    lists = lists_of[bundle]
    overrides: dict[str, Any] = {**lists.get(recipe, lists[""]), "output_dir": paths["output_dir"], **SMALL}
    overrides["datalist"] = few_images(Path(overrides["datalist"]), Path(overrides["output_dir"]).with_name("few.json"))
    if stacked["network_def"] == json.loads(files[0].read_text())["network_def"] and not stacked["pretrained"]:
        # The recipe is about something else, which may be batch normalisation.
        overrides["network_def"] = narrow_resnet(8, 8, 8, 8) if stacked["batch_norm_images"] else SIMPLE
    if stacked["pretrained"]:
        # A name in the registry, or the address of one of torchvision's files.
        published = re.search(r"^(?:https:.*/)?(\w+?)(?:_imagenet|_xrv_\w+|-\w+\.pth)$", stacked["pretrained"])
        overrides["pretrained"] = imagenet[published[1] if published else "an earlier stage"]
    run_bundle(*map(str, files), bundle=bundle, **overrides, max_epochs=1)
    history = pd.read_csv(Path(overrides["output_dir"]) / "history.csv")
    assert np.isfinite(history["train_loss"]).all()


@pytest.mark.parametrize(("bundle", "recipe"), RECIPES, ids=name_of)
def test_recipe_says_why_and_touches_only_what_exists(bundle: Path, recipe: str) -> None:
    *bases, file = config_chain(bundle, recipe)
    content = json.loads(file.read_text())
    assert len(content["_purpose_"]) > 40
    own = {name for name in content if f"@{name}" in json.dumps(content)}  # an id that the recipe adds and uses
    known = {"_purpose_", "_after_", *own, *(key for base in bases for key in json.loads(base.read_text()))}
    assert {key.split("#")[0].lstrip("+") for key in content} <= known


def test_labels_are_those_of_the_source() -> None:
    for bundle, labels in (
        (CHESTXRAY14, chestxray14.LABELS),
        (PNEUMONIA, pneumonia.LABELS),
        (CHEXPERT, chexpert_labels.COMPETITION),
        (MURA, ("elbow", "shoulder", "wrist")),  # those of the study
        (FRACATLAS, fracatlas.PARTS),
    ):
        metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
        assert tuple(metadata["network_data_format"]["outputs"]["pred"]["channel_def"].values()) == tuple(labels)


@pytest.mark.parametrize(
    ("bundle", "name", "labels"),
    [(CHEXPERT, "all_labels", chexpert_labels.LABELS), (MURA, "all_parts", mura.PARTS)],
    ids=name_of,
)
def test_recipe_of_all_labels_names_those_of_the_source(bundle: Path, name: str, labels: tuple[str, ...]) -> None:
    recipe = json.loads((bundle / "configs" / "recipes" / f"{name}.json").read_text())
    assert tuple(recipe["labels"]) == labels


def test_files_and_store_give_the_same_training(paths: dict[str, str]) -> None:
    losses = []
    for recipes in ([], ["recipes/files"]):
        run_bundle("train", *recipes, **TINY, **paths, max_epochs=1)
        losses.append(pd.read_csv(Path(paths["output_dir"]) / "history.csv").drop(columns="seconds"))
    pd.testing.assert_frame_equal(*losses)


def test_train_evaluate_infer_leave_what_is_promised(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=50, figures="")
    output = Path(paths["output_dir"])
    for name in ("predictions.csv", "metrics.json", "report.html", "confusion.png", "examples.png", "evaluation.json"):
        assert (output / name).stat().st_size > 0, name
    assert "Learning curves" in (output / "report.html").read_text()
    assert (output / "models" / "thresholds.json").read_text() == (output / "thresholds.json").read_text()
    table = pd.read_csv(output / "predictions.csv")
    assert set(table["split"]) == {"validation", "test"} and len(table) == 12
    probabilities = table[["prob:normal", "prob:covid", "prob:non-covid"]].to_numpy()
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)

    run_bundle("inference", **TINY, **{**paths, "datalist": None})
    inferred = pd.read_csv(output / "inference" / "predictions.csv").set_index("image")
    assert len(inferred) == 30
    columns = [column for column in table if column.startswith("prob:")]
    assert (inferred["predicted"] == inferred[columns].idxmax(axis=1).str.removeprefix("prob:")).all()
    expected = table.set_index("image")[columns]
    np.testing.assert_allclose(inferred.loc[expected.index, columns], expected, atol=0.01)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_images_that_the_network_is_very_sure_of_keep_their_order(bundle: Path) -> None:
    config = json.loads((bundle / "configs" / "train.json").read_text())["postprocessing"]
    activate = ConfigParser({"imports": ["$import torch"], "activation": config}).get_parsed_content("activation")
    probabilities = activate({"pred": torch.tensor([[0.0, 20.0], [0.0, 21.0]])})["pred"]
    assert probabilities[0, 1] < probabilities[1, 1] < 1


def chain_options(paths: dict[str, str]) -> dict[str, Any]:
    """The options of a cascade of tiny networks."""
    return {**{"stage_def" if key == "network_def" else key: value for key, value in TINY.items()}, **paths}


def test_cascade_multiplies_its_stages(paths: dict[str, str]) -> None:
    output = Path(paths["output_dir"])
    tables: dict[str, Any] = {}
    for stage in ("stage1", "stage2"):
        run_bundle("train", f"recipes/{stage}", **TINY, **{**paths, "output_dir": str(output / stage)}, max_epochs=1)
        run_bundle(
            "train",
            "evaluate",
            f"recipes/{stage}",
            **TINY,
            **{**paths, "output_dir": str(output / stage)},
            bootstrap=20,
            precision="fp32",
        )
        tables[stage] = pd.read_csv(output / stage / "predictions.csv").set_index("image")
    run_bundle(
        "train",
        "evaluate",
        "recipes/cascade",
        **chain_options(paths),
        stage1_checkpoint=str(output / "stage1" / "models" / "model.pt"),
        stage2_checkpoint=str(output / "stage2" / "models" / "model.pt"),
        bootstrap=20,
        precision="fp32",
    )
    chained = pd.read_csv(output / "predictions.csv").set_index("image")
    first, second = tables["stage1"], tables["stage2"]
    np.testing.assert_allclose(chained["prob:normal"], first.loc[chained.index, "prob:normal"], atol=1e-5)
    infected = chained.loc[second.index]
    product = first.loc[second.index, "prob:infected"] * second["prob:covid"]
    np.testing.assert_allclose(infected["prob:covid"], product, atol=1e-5)

    package = output.parent / "cascade.zip"
    with linted_at_once():
        assert main(["package", str(PNEUMONIA), "--run", str(output), "--output", str(package), "--no-export"]) == 0
    for model in (output, package):
        answers = output.parent / f"answers of {model.name}"
        assert main(["predict", str(model), paths["dataset_dir"], "--output", str(answers), "--precision", "fp32"]) == 0
        found = pd.read_csv(answers / "predictions.csv").set_index("image")
        columns = [column for column in chained if column.startswith("prob:")]
        np.testing.assert_allclose(found.loc[chained.index, columns], chained[columns], atol=1e-5)


def test_cascade_never_replaces_a_training(paths: dict[str, str]) -> None:
    run_bundle("train", "recipes/stage1", **TINY, **paths, max_epochs=1)
    weights = str(Path(paths["output_dir"]) / "models" / "model.pt")
    stages = {"stage1_checkpoint": weights, "stage2_checkpoint": weights}
    message = error_of("train", "evaluate", "recipes/cascade", **chain_options(paths), **stages, precision="fp32")
    assert "belongs to a training" in message and not (Path(paths["output_dir"]) / "metrics.json").exists()


def error_of(*names: str, **overrides: Any) -> str:
    """The whole chain of messages, since MONAI wraps what its expressions raise."""
    with pytest.raises(Exception) as caught:
        run_bundle(*names, **overrides)
    messages, error = [], caught.value
    while error is not None:
        messages.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "\n".join(messages)


def test_missing_checkpoint_is_an_error_and_never_a_score(paths: dict[str, str]) -> None:
    message = error_of("train", "evaluate", **TINY, **paths)
    assert "CheckpointError" in message and "model.pt: no such checkpoint" in message
    assert not (Path(paths["output_dir"]) / "metrics.json").exists()


def test_checkpoint_of_another_recipe_is_an_error(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    assert "weights belong to another network" in error_of("train", "evaluate", **paths)


def test_output_folder_that_cannot_be_written_is_named(paths: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    message = error_of("train", **TINY, **{**paths, "output_dir": str(tmp_path / "file" / "run")}, max_epochs=1)
    assert str(tmp_path / "file") in message


def test_broken_image_is_named_before_training(paths: dict[str, str]) -> None:
    (Path(paths["dataset_dir"]) / "15.png").write_bytes(b"")
    message = error_of("train", **TINY, **paths, max_epochs=1)
    assert "15.png" in message and "--on-bad-image skip" in message


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_saved_weights_load_into_the_bare_network(bundle: Path, paths_of: dict[Path, dict[str, str]]) -> None:
    workflow = run_bundle("train", bundle=bundle, **paths_of[bundle], max_epochs=1, image_size_px=[32, 32])
    state = torch.load(Path(paths_of[bundle]["output_dir"]) / "models" / "model.pt", weights_only=True)
    workflow.parser.get_parsed_content("network_def").load_state_dict(state, strict=True)
    assert all(value.dtype != torch.bfloat16 for value in state.values())
