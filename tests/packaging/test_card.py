"""The card says what pretrained weights a run started from, and the package carries their passport."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bundle_runs import PNEUMONIA, TINY, narrow_resnet, run_bundle
from processes import linted_at_once
from radiobundle.cli import main
from radiobundle.packaging.card import stage_sums
from radiobundle.pretrained.registry import OWN_ENTRIES
from weights_cases import write_tiny_entry


def test_passport_goes_with_the_package(
    paths: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = write_tiny_entry(tmp_path / "entries")
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "entries"))
    normalisation = [{"_target_": "radiobundle.transforms.StandardizeBy", "mean": 0.5, "std": 0.25}]
    options = {**TINY, "network_def": narrow_resnet(4, 4, 8, 8), "normalisation": normalisation, **paths}
    run_bundle("train", **options, pretrained=name, max_epochs=1)
    run_bundle("train", "evaluate", **options, bootstrap=20)
    package = tmp_path / "package.zip"
    with linted_at_once():
        command = ["package", str(PNEUMONIA), "--run", paths["output_dir"], "--output", str(package), "--no-export"]
        assert main(command) == 0
    assert "forbids commercial use" in capsys.readouterr().out
    with zipfile.ZipFile(package) as file:
        passport = json.loads(file.read("package/models/pretrained.json"))
        metadata = json.loads(file.read("package/configs/metadata.json"))
        card = file.read("package/docs/README.md").decode()
    assert passport["name"] == name and metadata["provenance"]["pretrained"] == passport
    assert "models/pretrained.json" in metadata["checksums_sha256"]
    for told in (
        f"{name} (from net.pt",
        "mura (training, test)",
        "Somebody 2020.",
        "CC BY-NC 4.0",
        "forbids commercial use",
    ):
        assert told in card


def test_stages_are_named_as_this_and_earlier_versions_wrote_them() -> None:
    assert stage_sums({"stages": [{"sha256": "one"}, {"sha256": "two"}]}) == ["one", "two"]
    assert stage_sums({"stages": {"first": "one", "second": "two"}}) == ["one", "two"]
    assert stage_sums({}) == []
