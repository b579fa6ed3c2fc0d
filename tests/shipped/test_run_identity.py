"""What belongs to weights is of these weights; what goes on is the same run; labels keep their own probabilities."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from bundle_runs import PNEUMONIA, TINY, make_blob_list, run_bundle
from radiobundle.cli import main
from radiobundle.handlers.checkpoint import save_checkpoint
from radiobundle.models.trained import load_model
from radiobundle.networks.content_hash import content_sha256


def train(paths: dict[str, str], *names: str, **overrides: Any) -> None:
    run_bundle("train", *names, **TINY, **paths, **overrides)


def evaluate(paths: dict[str, str], **overrides: Any) -> None:
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=10, **overrides)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    paths = make_blob_list(tmp_path_factory.mktemp("run"), count=120)
    train(paths, max_epochs=1)
    evaluate(paths)
    return paths


@pytest.fixture
def run(evaluated: dict[str, str], tmp_path: Path) -> Path:
    """A copy of an evaluated run, to be spoilt."""
    return Path(shutil.copytree(evaluated["output_dir"], tmp_path / "run"))


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_all_that_an_evaluation_derives_names_its_weights(run: Path) -> None:
    weights = content_sha256(torch.load(run / "models/model.pt", weights_only=True))
    named = [json.loads((run / name).read_text())["weights_sha256"] for name in
             ("metrics.json", "thresholds.json", "calibration.json", "models/thresholds.json",
              "models/calibration.json")]  # fmt: skip
    named.append(str(np.load(run / "models/out_of_distribution.npz")["weights_sha256"]))
    assert named == [weights] * 6
    assert load_model(run).sha256 == weights


def test_a_second_training_puts_the_first_aside_as_a_whole_run(tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path, count=120)
    train(paths, max_epochs=1)
    evaluate(paths)
    out = Path(paths["output_dir"])
    before = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if "tensorboard" not in path.parts
              and path.is_file()}  # fmt: skip
    train(paths, max_epochs=1, seed=1)
    aside = out / "previous-1"
    assert before == {path.relative_to(aside): path.read_bytes() for path in aside.rglob("*") if path.is_file()}
    assert not (out / "metrics.json").exists() and not (out / "models/thresholds.json").exists()
    images = paths["dataset_dir"]
    assert main(["predict", str(out), images, "--output", str(tmp_path / "new")]) == 0
    assert not {"ood_score", "calibrated:normal"} & set(pd.read_csv(tmp_path / "new/predictions.csv"))
    assert main(["predict", str(aside), images, "--output", str(tmp_path / "old")]) == 0
    assert {"ood_score", "calibrated:normal"} <= set(pd.read_csv(tmp_path / "old/predictions.csv"))
    assert main(["package", str(PNEUMONIA), "--run", str(out), "--output", str(tmp_path / "x.zip")]) == 2


@pytest.mark.parametrize("name", ["thresholds.json", "calibration.json", "out_of_distribution.npz"])
def test_what_was_fitted_with_other_weights_is_refused(
    name: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = torch.load(run / "models/model.pt", weights_only=True)
    state[next(iter(state))].add_(1e-6)
    save_checkpoint(run / "models/model.pt", state)
    for other in {"thresholds.json", "calibration.json", "out_of_distribution.npz"} - {name}:
        (run / "models" / other).unlink()
    assert main(["predict", str(run), str(run), "--output", str(run / "out")]) == 2
    assert f"models/{name}: was fitted for other weights" in capsys.readouterr().err
    assert main(["package", str(PNEUMONIA), "--run", str(run), "--output", str(run / "x.zip"), "--no-export"]) == 2
    assert "metrics.json: belongs to other weights" in capsys.readouterr().err


def test_results_of_other_weights_are_not_compared(
    run: Path, evaluated: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", evaluated["output_dir"], str(run), "--output", str(run / "c"), "--bootstrap", "100"]) == 0
    state = torch.load(run / "models/model.pt", weights_only=True)
    state[next(iter(state))].add_(1e-6)
    save_checkpoint(run / "models/model.pt", state)
    assert main(["compare", evaluated["output_dir"], str(run), "--output", str(run / "d"), "--bootstrap", "100"]) == 2
    assert "metrics.json: belongs to other weights" in capsys.readouterr().err


def test_an_export_from_before_another_training_is_refused(
    run: Path, evaluated: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    images = evaluated["dataset_dir"]
    assert main(["export", str(run), images, "--output", str(run / "models")]) == 0
    state = torch.load(run / "models/model.pt", weights_only=True)
    state[next(iter(state))].add_(1e-6)
    save_checkpoint(run / "models/model.pt", state)
    for name in ("model.ts", "model.onnx"):
        assert main(["predict", str(run / "models" / name), images, "--output", str(run / name)]) == 2
        assert "was exported from other weights" in capsys.readouterr().err


def test_a_mixed_or_changed_set_of_results_is_not_packaged(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.html").write_text("<p>AUROC 0.999</p>")
    assert main(["package", str(PNEUMONIA), "--run", str(run), "--output", str(run / "x.zip"), "--no-export"]) == 2
    assert "report.html: has changed since it was made" in capsys.readouterr().err


SPOILT = {
    "labels reversed in order only": ("calibration.json", None, ""),
    "another label": ("calibration.json", {"labels": ["normal", "covid", "viral"]}, "'maps#temperature' is for"),
    "another task": ("calibration.json", {"task": "multilabel"}, "is for a multilabel task"),
    "threshold above 1": ("thresholds.json", {"values": {"normal": 0.5, "covid": 2}}, "'values#covid'"),
    "threshold of a foreign label": ("thresholds.json", {"values": {"normal": 0.5}}, "is for the labels ['normal']"),
    "values of another type": ("thresholds.json", {"values": [0.5]}, "'values'"),
    "fitted on test": ("thresholds.json", {"fitted_on": "test"}, "must not be fitted on test data"),
    "recommended unknown": ("calibration.json", {"recommended": "magic"}, "'recommended'"),
    "no map": ("calibration.json", {"maps": {}}, "'maps'"),
    "temperature of zero": (
        "calibration.json",
        {"maps": {m: dict.fromkeys(("normal", "covid", "non-covid"), p) for m, p in
                  (("temperature", {"temperature": 0}), ("platt", {}), ("isotonic", {}))}},
        "'maps#temperature#",
    ),
    "map that falls": (
        "calibration.json",
        {"maps": {m: dict.fromkeys(("normal", "covid", "non-covid"), p) for m, p in
                  (("temperature", {}), ("platt", {}), ("isotonic", {"raw": [0, 1], "calibrated": [1, 0]}))}},
        "its values do not increase",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_companion_that_does_not_fit_names_file_and_key(
    case: str, run: Path, evaluated: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    name, changes, expected = SPOILT[case]
    path = run / "models" / name
    if changes is None:
        content = json.loads(path.read_text())
        edit(
            path,
            labels=content["labels"][::-1],
            maps={m: dict(reversed(v.items())) for m, v in content["maps"].items()},
        )
        for folder in (run, Path(evaluated["output_dir"])):
            assert (
                main(["predict", str(folder), evaluated["dataset_dir"], "--output", str(run / "o" / folder.name)]) == 0
            )
        found, wanted = (pd.read_csv(run / "o" / folder / "predictions.csv") for folder in ("run", "output"))
        pd.testing.assert_frame_equal(found, wanted)
        return
    edit(path, **changes)
    assert main(["predict", str(run), evaluated["dataset_dir"], "--output", str(run / "out")]) == 2
    message = capsys.readouterr().err
    assert expected in message and (name in message or str(run) in message)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[]", '{"values": NaN}', '{"schema": 1e999}', "[" * 100_000, "\x00"])
@pytest.mark.parametrize("name", ["thresholds.json", "calibration.json"])
def test_companion_that_is_no_json_is_one_line(
    name: str, text: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "models" / name).write_text(text)
    assert main(["predict", str(run), str(run), "--output", str(run / "out")]) == 2
    message = capsys.readouterr().err
    assert f"models/{name}" in message and len(message.splitlines()) == 1


def test_sorted_keys_in_a_manifest_give_every_label_its_own_probability(
    run: Path, evaluated: dict[str, str], tmp_path: Path
) -> None:
    manifest = json.loads((run / "run.json").read_text())
    output = manifest["config"]["_meta_"]["network_data_format"]["outputs"]["pred"]
    output["channel_def"] = dict(reversed(output["channel_def"].items()))
    for labels in (
        manifest["config"]["labels"],
        "$list(@_meta_#network_data_format#outputs#pred#channel_def.values())",
    ):
        manifest["config"]["labels"] = labels
        (run / "run.json").write_text(json.dumps(manifest))
        assert load_model(run).labels == ("normal", "covid", "non-covid")


def learning_rates(paths: dict[str, str]) -> list[float]:
    return list(pd.read_csv(Path(paths["output_dir"]) / "history.csv")["learning_rate"])


def test_more_epochs_follow_the_longer_schedule(tmp_path: Path) -> None:
    short, long = make_blob_list(tmp_path / "short"), make_blob_list(tmp_path / "long")
    train(long, max_epochs=6)
    train(short, max_epochs=2)
    train(short, max_epochs=6, resume=True)
    assert learning_rates(short)[2:] == pytest.approx(learning_rates(long)[2:], rel=1e-12)
    starts = json.loads((Path(short["output_dir"]) / "run.json").read_text())["starts"]
    assert [start["after_epoch"] for start in starts] == [0, 2]
    assert starts[0]["changed_afterwards"] == ["max_epochs was 2, is now 6"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    paths = make_blob_list(tmp_path_factory.mktemp("trained"))
    train(paths, max_epochs=1)
    return paths


CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "learning rate": ({"learning_rate": 0.01}, ["learning_rate was 0.001, is now 0.01"]),
    "decay": ({"weight_decay": 0.1}, ["weight_decay was 0.05, is now 0.1"]),
    "seed": ({"seed": 7}, ["seed was 0, is now 7"]),
    "two": ({"seed": 7, "batch_size": 4}, ["batch_size was 8, is now 4", "seed was 0, is now 7"]),
    "optimiser": ({"optimizer#_target_": "torch.optim.Adam"}, ["optimizer#_target_ was"]),
    "augmentation": ({"train#augmentation": []}, ["train#augmentation was"]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_another_run_is_refused_with_both_values(case: str, trained: dict[str, str]) -> None:
    changes, expected = CHANGES[case]
    manifest = (Path(trained["output_dir"]) / "run.json").read_bytes()
    with pytest.raises(RuntimeError) as caught:  # MONAI wraps what an expression raises
        run_bundle("train", **{**TINY, **trained, "max_epochs": 2, "resume": True, **changes})
    assert all(text in str(caught.value.__cause__) for text in expected), caught.value.__cause__
    assert (Path(trained["output_dir"]) / "run.json").read_bytes() == manifest


def test_another_datalist_is_refused(trained: dict[str, str], tmp_path: Path) -> None:
    content = json.loads(Path(trained["datalist"]).read_text())
    (tmp_path / "same.json").write_text(json.dumps({**content, "provenance": {"note": "moved"}}))
    train({**trained, "datalist": str(tmp_path / "same.json")}, max_epochs=1, resume=True)
    (tmp_path / "other.json").write_text(json.dumps({**content, "training": content["training"][1:]}))
    with pytest.raises(RuntimeError) as caught:
        train({**trained, "datalist": str(tmp_path / "other.json")}, max_epochs=1, resume=True)
    assert "datalist's SHA-256 was" in str(caught.value.__cause__)


def test_weights_of_another_run_are_not_moved_away(trained: dict[str, str], tmp_path: Path) -> None:
    other = {**trained, "output_dir": str(tmp_path / "other"), "ckpt_dir": str(Path(trained["output_dir"]) / "models")}
    with pytest.raises(RuntimeError) as caught:
        train(other, max_epochs=1)
    assert "holds the weights of another run" in str(caught.value.__cause__)
    assert (Path(trained["output_dir"]) / "models/model.pt").is_file()
