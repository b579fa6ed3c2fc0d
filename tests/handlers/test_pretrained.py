"""Weights that a run starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from bundle_runs import TINY, narrow_resnet, run_bundle
from radiobundle.cli import main
from radiobundle.pretrained.registry import OWN_ENTRIES
from weights_cases import write_tiny_entry

pytestmark = pytest.mark.usefixtures("without_figures")


def test_pretrained_weights_start_a_run_but_not_a_resumed_one(paths: dict[str, str]) -> None:
    resnet = {
        **{key: value for key, value in TINY.items() if key != "network_def"},
        "learning_rate": 0.0,
        "weight_decay": 0.0,
    }
    first = {**paths, "output_dir": paths["output_dir"] + "-first"}
    run_bundle("train", **resnet, **first, max_epochs=1, seed=1)
    source = Path(first["output_dir"]) / "models" / "model.pt"
    run_bundle("train", **resnet, **paths, max_epochs=1, pretrained=str(source))
    loaded = torch.load(Path(paths["output_dir"]) / "models" / "model.pt", weights_only=True)
    original = torch.load(source, weights_only=True)
    torch.testing.assert_close(loaded["layer4.0.conv1.weight"], original["layer4.0.conv1.weight"])
    run_bundle("train", **resnet, **paths, max_epochs=2, pretrained="/no/such/file", resume=True)
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **resnet, **paths, max_epochs=1, pretrained="/no/such/file")
    assert "/no/such/file: no such file; name a state dict with --pretrained FILE" in str(caught.value.__cause__)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Weights of a tiny ResNet in a registry of one's own, trained on MURA; returns their name."""
    name = write_tiny_entry(tmp_path / "entries")
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "entries"))
    return name


def options_for(paths: dict[str, str], source: str) -> dict[str, Any]:
    """A run of the tiny ResNet on a list that claims to come from `source`, with the input of the weights."""
    content = json.loads(Path(paths["datalist"]).read_text())
    content["provenance"] = {"source": source, "split": "official"}
    Path(paths["datalist"]).write_text(json.dumps(content))
    normalisation = [{"_target_": "radiobundle.transforms.StandardizeBy", "mean": 0.5, "std": 0.25}]
    tiny = {**TINY, "network_def": narrow_resnet(4, 4, 8, 8), "normalisation": normalisation}
    return {**tiny, **paths, "max_epochs": 1}


def cause_of(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)


def test_registered_weights_leave_their_passport(paths: dict[str, str], registered: str) -> None:
    run_bundle("train", **options_for(paths, "pneumonia"), pretrained=registered)
    output = Path(paths["output_dir"])
    passport = json.loads((output / "models" / "pretrained.json").read_text())
    assert json.loads((output / "run.json").read_text())["pretrained"] == passport
    assert passport["name"] == registered and passport["citation"] == "Somebody 2020." and len(passport["sha256"]) == 64
    run_bundle("train", "evaluate", **options_for(paths, "pneumonia"), bootstrap=20)
    assert json.loads((output / "evaluation.json").read_text())["pretrained"] == passport
    assert "leak" not in json.loads((output / "metrics.json").read_text())


def test_another_normalisation_is_refused_with_the_fix(paths: dict[str, str], registered: str) -> None:
    options = {key: value for key, value in options_for(paths, "pneumonia").items() if key != "normalisation"}
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **options, pretrained=registered)
    assert "this configuration normalises by StandardizeEachImage: give --normalisation" in cause_of(caught.value)


def test_weights_that_have_seen_the_test_are_refused_or_mark_every_result(
    paths: dict[str, str], registered: str
) -> None:
    options = options_for(paths, "mura")
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **options, pretrained=registered)
    assert "may have seen the images of the test split: trained on mura (training, test)" in cause_of(caught.value)
    run_bundle("train", **options, pretrained=registered, accept_leak=True)
    output = Path(paths["output_dir"])
    assert json.loads((output / "run.json").read_text())["pretrained"]["leak_accepted"]
    run_bundle("train", "evaluate", **options, bootstrap=20)
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["leak"] == ["trained on mura (training, test), its test split too"]
    assert metrics["notes"][0].startswith("The network may have seen the test images")
    assert "may have seen the test images" in (output / "report.md").read_text()
    assert main(["report", str(output), "--output", str(output.parent / "again"), "--bootstrap", "20"]) == 0
    assert json.loads((output.parent / "again" / "metrics.json").read_text())["leak"] == metrics["leak"]
    second = {**options, "output_dir": f"{output}-second"}
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **second, pretrained=str(output / "models" / "model.pt"))
    assert "model.pt: these weights may have seen" in cause_of(caught.value)
