"""Planning is pure: the same file gives the same ids, and only what changes a result changes an id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from radiobundle.sweeps.configuration import configurations, sampled_configuration
from radiobundle.sweeps.plan import check_final_names, make_plan
from radiobundle.sweeps.sweep_file import read_sweep

ADAM = {"name": "adam", "overrides": {"optimizer": "@optimizers#adam"}}


def plan(path: Path) -> Any:
    return make_plan(read_sweep(path))


def make_folds(folder: Path, count: int = 3) -> None:
    content = json.loads((folder / "datalist.json").read_text())
    pool = content["training"] + content["validation"]
    for fold in range(count):
        held_out = pool[fold * 6 : fold * 6 + 6]
        rest = [item for item in pool if item not in held_out]
        (folder / f"fold{fold}.json").write_text(json.dumps({**content, "training": rest, "validation": held_out}))


def test_rows_are_crossed_with_the_grid_and_seeds(sweep_file: Any) -> None:
    found = plan(sweep_file(rows=[{"name": "adamw"}, ADAM], grid={"learning_rate": [0.1, 0.01]}, seeds=[4, 2]))
    names = [configuration.name for configuration in configurations(found.sweep)]
    assert names == [f"{row}, learning_rate={rate}" for row in ("adamw", "adam") for rate in (0.1, 0.01)]
    assert [trial.seed for trial in found.trials] == [4] * 4 + [2] * 4
    assert len({trial.id for trial in found.trials}) == 8
    assert found.baseline == "adamw, learning_rate=0.1" and found.metric == "auroc"


def test_names_are_short_and_distinct(sweep_file: Any) -> None:
    network = {"_target_": "radiobundle.networks.SimpleCNN", "num_classes": "@num_classes", "in_channels": 1}
    grid = {"network_def": [network], "optimizer#lr": [0.1], "losses#bce#loss#reduction": ["none"]}
    [only] = configurations(read_sweep(sweep_file(grid=grid)))
    assert only.name == "reduction=none, network_def=SimpleCNN, lr=0.1"
    grid = {"optimizer#lr": [0.1], "optimizers#adam#lr": [0.2]}
    [only] = configurations(read_sweep(sweep_file(grid=grid)))
    assert only.name == "optimizer#lr=0.1, optimizers#adam#lr=0.2"


def test_ids_are_of_what_decides_the_result(sweep_file: Any, tmp_path: Path) -> None:
    def first(**content: Any) -> str:
        return plan(sweep_file(**content)).trials[0].id

    before = first()
    (tmp_path / "elsewhere").mkdir()
    same = [first(), first(rows=[{"name": "a new name"}]), first(dataset_dir="elsewhere"), first(metric="accuracy")]
    same.append(first(rows=[{"name": "baseline"}, ADAM]))
    assert same == [before] * 5
    other = [first(budget={"epochs": 2}), first(seeds=[1]), first(rows=[ADAM]), first(budget={"minutes": 1})]
    content = json.loads((tmp_path / "datalist.json").read_text())
    (tmp_path / "datalist.json").write_text(json.dumps({**content, "training": content["training"][1:]}))
    assert len({before, *other, first()}) == 6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"grid": {"learnng_rate": [1]}}, "no such id; did you mean 'learning_rate'"),
        ({"grid": {"optimizer#lrr": [1]}}, "did you mean 'lr'"),
        (
            {"overrides": {"optimizer": "@optimizers#adam", "optimizer#lr": 1}},
            "optimizer is '@optimizers#adam', and holds nothing",
        ),
        ({"rows": [{"name": "a", "recipes": ["focl"]}]}, "did you mean 'focal'"),
        ({"recipes": ["shortcuts"]}, "one is for evaluations"),
        (
            {"search": {"trials": 1, "ranges": {"learnng_rate": {"low": 0.1, "high": 1}}}},
            "did you mean 'learning_rate'",
        ),
        (
            {"grid": {"optimizer": ["@optimizers#adamm"]}},
            "'@optimizers#adamm' refers to nothing; did you mean 'optimizers#adam'",
        ),
        ({"rows": [{"name": "a", "overrides": {"optimizer": {"_target_": "torch.optim.Adamm"}}}]}, "no 'torch.optim.A"),
        ({"overrides": {"optimizer": {"_target_": "Adamm"}}}, "there is no 'Adamm'"),
        (
            {"search": {"trials": 1, "ranges": {"optimizer": {"choices": ["@optimizers#adam", "@optimizers#sdg"]}}}},
            "'@optimizers#sdg' refers to nothing",
        ),
        ({"grid": {"tf32": ["no", "off"]}}, "tf32: 'no' is a text, which counts as true"),
        ({"grid": {"learning_rate": ["0,1", "0,01"]}}, "learning_rate: '0,1' is a text, not a number; write 0.1"),
        ({"metric": "auc"}, "did you mean 'auroc'"),
        ({"metric": "loss"}, "cannot be compared"),
        ({"rows": [{"name": "a"}, {"name": "b"}]}, "'a' and 'b' are the same training"),
        ({"rows": [{"name": "a b"}, {**ADAM, "name": "a-b"}]}, "would share a folder"),
        ({"rows": [{"name": "a"}], "baseline": "ab"}, "is no row"),
    ],
)
def test_what_does_not_fit_the_bundle_is_named_before_anything_is_trained(
    sweep_file: Any, content: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        plan(sweep_file(**content))


def test_folds_are_trials_of_their_own(sweep_file: Any, tmp_path: Path) -> None:
    make_folds(tmp_path)
    found = plan(sweep_file(datalist="fold*.json", seeds=[0, 1]))
    assert [(trial.fold, trial.seed) for trial in found.trials] == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]


def test_lists_that_are_no_folds_are_refused(sweep_file: Any, tmp_path: Path) -> None:
    content = json.loads((tmp_path / "datalist.json").read_text())
    (tmp_path / "again.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"in the validation of again\.json too"):
        plan(sweep_file(datalist=["again.json", "datalist.json"]))
    lacking = [item for item in content["validation"] if item["label"][1] == 0]
    (tmp_path / "datalist.json").write_text(json.dumps({**content, "validation": lacking}))
    with pytest.raises(ValueError, match="no validation image has 'covid'"):
        plan(sweep_file())


def test_a_searched_configuration_lies_over_the_baseline(sweep_file: Any) -> None:
    search = {"trials": 1, "ranges": {"learning_rate": {"low": 0.1, "high": 1.0}}}
    found = plan(sweep_file(rows=[{"name": "adamw"}, ADAM], baseline="adam", search=search))
    sampled = sampled_configuration(found.sweep, {"learning_rate": 0.25})
    assert sampled.name == "learning_rate=0.25"
    assert sampled.overrides["optimizer"] == "@optimizers#adam" and sampled.overrides["learning_rate"] == 0.25


def test_a_search_lies_over_the_grid_values_of_the_baseline_too(sweep_file: Any) -> None:
    search = {"trials": 1, "ranges": {"learning_rate": {"low": 0.1, "high": 1.0}}}
    found = plan(sweep_file(rows=[{"name": "a"}, ADAM], baseline="adam", grid={"batch_size": [6, 9]}, search=search))
    assert found.baseline == "adam, batch_size=6"
    sampled = sampled_configuration(found.sweep, {"learning_rate": 0.25})
    assert (sampled.overrides["batch_size"], sampled.overrides["optimizer"]) == (6, "@optimizers#adam")


def test_the_name_of_a_single_row_means_its_first_values(sweep_file: Any) -> None:
    found = plan(sweep_file(rows=[{"name": "bce"}], grid={"batch_size": [6, 9]}, baseline="bce"))
    assert found.baseline == "batch_size=6"
    assert plan(sweep_file(grid={"batch_size": [6, 9]}, baseline="batch_size=9")).baseline == "batch_size=9"


def test_values_that_look_alike_are_rows_of_their_own(sweep_file: Any) -> None:
    rates = [0.1, 0.001, 0.00001]
    sgd = [{"_target_": "torch.optim.SGD", "params": "$@network.parameters()", "lr": rate} for rate in rates]
    found = plan(sweep_file(grid={"optimizer": sgd}))
    names = [one.configuration.name for one in found.trials]
    assert names == ["optimizer=SGD(lr=0.1)", "optimizer=SGD(lr=0.001)", "optimizer=SGD(lr=1e-05)"]
    names = [one.name for one in configurations(plan(sweep_file(grid={"learning_rate": [0.100001, 0.100002]})).sweep)]
    assert names == ["learning_rate=0.100001", "learning_rate=0.100002"]
    assert len({one.configuration.key for one in found.trials}) == 3


def test_the_configurations_to_evaluate_on_test_are_known_before(sweep_file: Any) -> None:
    found = plan(sweep_file(rows=[{"name": "adamw"}, ADAM]))
    check_final_names(found, ["adam", "adamw"])
    with pytest.raises(ValueError, match="no configuration is named 'adan'; did you mean 'adam'"):
        check_final_names(found, ["adan"])


def test_a_row_that_reaches_into_a_shared_component_changes_no_other(sweep_file: Any) -> None:
    rows = [{"name": "a"}, {"name": "b", "overrides": {"network_def#fc_nodes": [6, 6]}}, ADAM]
    found = plan(sweep_file(rows=rows))
    assert [trial.overrides["network_def"]["fc_nodes"] for trial in found.trials] == [[8, 8]] * 3
    alone = [plan(sweep_file(rows=[row])).trials[0].id for row in rows]
    assert [trial.id for trial in found.trials] == alone


STAGES = {"stage1_checkpoint": {"recipes": ["stage1"]}, "stage2_checkpoint": {"recipes": ["stage2"]}}


def test_parts_are_trained_once_before_what_is_made_of_them(sweep_file: Any) -> None:
    rows = [
        {"name": "softmax"},
        {"name": "cascade", "recipes": ["cascade"], "parts": STAGES},
        {"name": "hard", "recipes": ["cascade_hard"], "parts": STAGES},
        {"name": "mirrored", "recipes": ["mirrored"], "parts": {"checkpoint": {}}},
    ]
    found = plan(sweep_file(rows=rows, seeds=[0, 1], overrides={"image_size_px": [24, 24]}))
    names = [trial.configuration.name for trial in found.trials if trial.seed == 1]
    stages = ["cascade: stage1_checkpoint", "cascade: stage2_checkpoint"]
    assert names == ["softmax", *stages, "cascade", "hard", "mirrored"]
    by_name = {(trial.configuration.name, trial.seed): trial for trial in found.trials}
    assert by_name["hard", 1].parts["stage1_checkpoint"].id == by_name[stages[0], 1].id
    assert by_name["mirrored", 0].parts["checkpoint"].id == by_name["softmax", 0].id
    assert len({trial.id for trial in found.trials}) == 12
    with pytest.raises(ValueError, match="no configuration is named 'cascade: stage1_checkpoint'"):
        check_final_names(found, [stages[0]])


def test_the_grid_belongs_to_what_is_trained(sweep_file: Any) -> None:
    row = {"name": "cascade", "recipes": ["cascade"], "parts": STAGES}
    found = plan(sweep_file(rows=[row], grid={"learning_rate": [0.1, 0.2]}, overrides={}))
    assert [trial.configuration.name for trial in found.trials][2::3] == ["learning_rate=0.1", "learning_rate=0.2"]
    assert "learning_rate" not in found.trials[2].overrides and found.trials[0].overrides["learning_rate"] == 0.1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"recipes": ["cascade"], "parts": {"stage1_chekpoint": {}}}, "did you mean 'stage1_checkpoint'"),
        ({"recipes": ["cascade"], "parts": {"stage1_checkpoint": {"recipes": ["stage3"]}}}, "did you mean 'stage"),
        ({"recipes": ["cascade"], "parts": {"stage1_checkpoint": {"recipe": []}}}, "did you mean 'recipes'"),
        ({"recipes": ["cascade"]}, "state under `parts` which trainings are evaluated"),
        ({"recipes": ["cascade"], "parts": {"stage1_checkpoint": {"overrides": {"seed": 1}}}}, "say seeds instead"),
    ],
)
def test_parts_that_do_not_fit_are_named(sweep_file: Any, row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(sweep_file(rows=[{"name": "cascade", **row}], overrides={}))


def test_a_search_needs_a_baseline_that_is_trained(sweep_file: Any) -> None:
    row = {"name": "cascade", "recipes": ["cascade"], "parts": STAGES}
    search = {"trials": 1, "ranges": {"learning_rate": {"low": 0.1, "high": 1.0}}}
    with pytest.raises(ValueError, match="name a `baseline` that is trained itself"):
        plan(sweep_file(rows=[row], search=search, overrides={}))
