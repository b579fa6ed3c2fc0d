"""`radiobundle probe` on a small data set: features once, two models, a table with intervals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bundle_runs import make_blob_list
from radiobundle.cli import main
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.pretrained.registry import OWN_ENTRIES
from radiobundle.probing import features
from weights_cases import write_tiny_entry


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    paths = make_blob_list(tmp_path, count=60)
    name = write_tiny_entry(tmp_path / "entries")
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "entries"))
    return ["probe", paths["datalist"], "--dataset-dir", paths["dataset_dir"], "--weights", name, "--size", "32",
            "--output", str(tmp_path / "probe"), "--bootstrap", "20"]  # fmt: skip


def test_table_and_predictions_of_each_model(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 0
    assert "tiny_mura  linear" in capsys.readouterr().out
    models = json.loads((tmp_path / "probe" / "probe.json").read_text())["models"]
    assert [row["validation_auroc"] for row in models] == sorted((r["validation_auroc"] for r in models), reverse=True)
    for row in models:
        assert row["test_auroc"]["low"] <= row["test_auroc"]["value"] <= row["test_auroc"]["high"] and not row["leak"]
        table = read_predictions(tmp_path / "probe" / "tiny_mura" / row["model"] / "predictions.csv")
        assert table.split_names == ("validation", "test") and len(table) == 24
    assert "| tiny_mura | neighbours | k = " in (tmp_path / "probe" / "probe.md").read_text()
    monkeypatch.setattr(features, "_run", None)  # a second probe takes the features that were kept
    assert main(command) == 0


def test_weights_that_have_seen_the_test_are_refused_or_marked(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads((tmp_path / "datalist.json").read_text())
    content["provenance"] = {"source": "mura", "split": "official"}
    (tmp_path / "datalist.json").write_text(json.dumps(content))
    assert main(command) == 2
    assert "or give --accept-leak, which marks their results" in capsys.readouterr().err
    assert main([*command, "--accept-leak"]) == 0
    assert "its test split too" in (tmp_path / "probe" / "probe.md").read_text()


def test_a_list_without_validation_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads((tmp_path / "datalist.json").read_text())
    content["validation"] = []
    (tmp_path / "datalist.json").write_text(json.dumps(content))
    assert main(command) == 2
    assert "a probe needs all three splits, validation has no images" in capsys.readouterr().err
