"""A chain that nobody foresaw, over the labels of a new bundle: three stages, in JSON only, as good as any training."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bundle_runs import TINY, run_bundle
from processes import linted_at_once
from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.bundles.recipes import config_chain
from radiobundle.cli import main
from radiobundle.files import write_json
from radiobundle.models.trained import load_model
from radiobundle.pretrained.passport import PASSPORT, read_passport

pytestmark = pytest.mark.usefixtures("without_figures")

LABELS = ["greenstick", "buckle", "dislocation", "intact"]
# By recipe, from each label of the datalist to the stage's. Stage 2 splits the first label of stage 1, stage 3 another.
STAGES: dict[str, dict[str, str | None]] = {
    "broken": {"greenstick": "fracture", "buckle": "fracture", "dislocation": "other", "intact": "other"},
    "kind": {"greenstick": "greenstick", "buckle": "buckle", "dislocation": None, "intact": None},
    "rest": {"greenstick": None, "buckle": None, "dislocation": "dislocation", "intact": "intact"},
}
STAGE_LABELS = {"broken": ["fracture", "other"], "kind": ["buckle", "greenstick"], "rest": ["dislocation", "intact"]}
CHAIN: dict[str, Any] = {
    "_purpose_": "Is it broken, how, and if not, what else is it?",
    "_after_": ["evaluate"],
    "stage_checkpoints": [],
    "num_classes": 2,
    "stage_def": TINY["network_def"],
    "network_def": {
        "_target_": "radiobundle.networks.Cascade",
        "stages": [
            {"network": "@stage_def", "labels": STAGE_LABELS["broken"]},
            {"network": "@stage_def", "labels": STAGE_LABELS["kind"], "refines": "fracture"},
            {"network": "@stage_def", "labels": STAGE_LABELS["rest"], "refines": "other"},
        ],
        "labels": "@labels",
    },
    "weights#networks": "$list(@average.network.children())",
    "weights#checkpoints": "@stage_checkpoints",
    "+validate#handlers": [
        {
            "_target_": "radiobundle.handlers.JoinedRun",
            "network": "$@average.network",
            "checkpoints": "@stage_checkpoints",
            "output_dir": "@output_dir",
            "ckpt_dir": "@ckpt_dir",
            "datalist": "@datalist",
            "seed": "@seed",
        }
    ],
}


# Of two stages, as if they had started from these weights.
PASSPORTS: dict[str, dict[str, Any]] = {
    "broken": {"name": "ours", "trained_on": [{"data_set": "imagenet", "splits": ["training"]}]},
    "rest": {"name": "theirs", "trained_on": [], "licence": {"name": "CC BY-NC", "commercial_use": False}},
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "wrist"
    assert main(["init", str(folder), "--labels", ",".join(LABELS), "--task", "multiclass", "--size", "32"]) == 0
    recipes = {
        name: {"_purpose_": "A stage.", "labels": STAGE_LABELS[name], "label_map": label_map}
        for name, label_map in STAGES.items()
    }
    for name, content in {**recipes, "chain": CHAIN}.items():
        (folder / f"configs/recipes/{name}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("wrists")
    rng = np.random.default_rng(0)
    rows = []
    for index in range(48):
        Image.fromarray(rng.integers(0, 255, (32, 32), np.uint8)).save(folder / f"{index}.png")
        rows.append({"image": f"{index}.png", "label": [int(index % 4 == place) for place in range(4)]})
    splits = {"training": rows[:24], "validation": rows[24:36], "test": rows[36:]}
    (folder / "list.json").write_text(json.dumps({"labels": LABELS, "task": "multiclass", "provenance": {}, **splits}))
    return {"dataset_dir": str(folder), "datalist": str(folder / "list.json"), "store_dir": str(folder / "store")}


@pytest.fixture(scope="module")
def output(bundle: Path, paths: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of the chain; the stages lie beside it."""
    folder = tmp_path_factory.mktemp("runs")
    for name in STAGES:
        options = {**TINY, **paths, "output_dir": str(folder / name), "max_epochs": 1, "seed": len(name)}
        run_bundle(*map(str, config_chain(bundle, "train", name)), bundle=bundle, **options)
    for name, passport in PASSPORTS.items():
        write_json(folder / name / "models" / PASSPORT, passport)
    run_bundle(
        *map(str, config_chain(bundle, "chain")),
        bundle=bundle, **paths, image_size_px=TINY["image_size_px"], output_dir=str(folder / "chain"),
        stage_checkpoints=[str(folder / name / "models/model.pt") for name in STAGES], bootstrap=10, precision="fp32",
    )  # fmt: skip
    return folder / "chain"


def probabilities(table: Path) -> pd.DataFrame:
    found = pd.read_csv(table).set_index("image")
    found = found[[f"prob:{label}" for label in LABELS]].rename(columns=lambda name: name.removeprefix("prob:"))
    return found.rename(index=lambda image: Path(image).name)


def test_its_recipes_are_clean(bundle: Path) -> None:
    assert lint_bundle(bundle) == []


def test_it_multiplies_the_stages_probabilities(output: Path, paths: dict[str, str]) -> None:
    found = probabilities(output / "predictions.csv")
    answers = {}
    for name in STAGES:
        model = load_model(output.parent / name, precision="fp32")
        pixels = np.stack([model.reader(Path(paths["dataset_dir"]) / image) for image in found.index])
        answers[name] = pd.DataFrame(model.answer(pixels).probabilities, found.index, list(model.labels))
    for label, stage, refined in (("greenstick", "kind", "fracture"), ("intact", "rest", "other")):
        np.testing.assert_allclose(found[label], answers["broken"][refined] * answers[stage][label], atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_it_knows_what_all_its_stages_started_from(output: Path) -> None:
    passport = read_passport(output / "models" / PASSPORT)
    assert passport is not None and passport["parts"] == list(PASSPORTS.values())
    assert passport["trained_on"] == PASSPORTS["broken"]["trained_on"]
    assert json.loads((output / "run.json").read_text())["pretrained"] == passport


def test_it_predicts_and_travels_like_a_training(
    bundle: Path, output: Path, paths: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "wrist.zip"
    asked = ["package", str(bundle), "--run", str(output), "--output", str(package), "--no-export"]
    assert main(asked) == 2  # as `init` left it, its author has said nothing yet
    with linted_at_once():
        assert main([*asked, "--draft"]) == 0
    assert "the licence of its pretrained weights forbids commercial use" in capsys.readouterr().out
    with zipfile.ZipFile(package) as archive:
        (card,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("docs/README.md"))
        assert any(name.endswith(f"models/{PASSPORT}") for name in archive.namelist())
    assert "ours (" in card and "theirs (" in card and card.count("forbids commercial use") == 1
    expected = probabilities(output / "predictions.csv")
    images = [str(Path(paths["dataset_dir"]) / name) for name in expected.index]
    for model in (output, package):
        answers = tmp_path / f"answers of {model.name}"
        command = ["predict", str(model), *images, "--output", str(answers), "--precision", "fp32"]
        assert main([*command, "--explain"]) == 0 and any((answers / "heat").iterdir())
        found = probabilities(answers / "predictions.csv").loc[expected.index]
        np.testing.assert_allclose(found, expected, atol=1e-5)
