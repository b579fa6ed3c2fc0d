"""Each thing that a reviewer would complain about is found, and a clean bundle has none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import BUNDLES, PNEUMONIA
from radiobundle.bundles.lint.code import list_code
from radiobundle.bundles.lint.command import lint_bundle
from radiobundle.cli import main


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle of its own: a copy of ours with a tiny network."""
    folder = Path(shutil.copytree(PNEUMONIA, tmp_path / "bundle", ignore=shutil.ignore_patterns("store", "output*")))
    tiny = {
        "_target_": "radiobundle.networks.SimpleCNN",
        "in_channels": "@input_channels",
        "num_classes": "@num_classes",
    }
    for name in ("train", "inference"):
        edit(folder / f"configs/{name}.json", lambda content: content.update(network_def=tiny))
    return folder


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda folder: folder.name)
def test_our_bundles_are_clean(folder: Path) -> None:
    assert lint_bundle(folder) == []


def metadata(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda bundle: edit(bundle / "configs/metadata.json", change)


def recipe(**content: Any) -> Callable[[Path], None]:
    return lambda bundle: (bundle / "configs/recipes/mine.json").write_text(json.dumps(content)) and None


def pred(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["network_data_format"]["outputs"]["pred"]
    return found


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no licence": (lambda b: (b / "LICENSE").unlink(), "LICENSE: missing"),
    "no model card": (lambda b: (b / "docs/README.md").unlink(), "docs/README.md: missing"),
    "field missing": (metadata(lambda m: m.pop("authors")), "'authors' is a required property"),
    "field of another type": (metadata(lambda m: m.update(version=1)), "metadata.json: version: 1 is not of type"),
    "version not in changelog": (metadata(lambda m: m.update(version="9.9.9")), "'9.9.9' is not in the changelog"),
    "channels miscounted": (metadata(lambda m: pred(m).update(num_channels=7)), "num_channels is 7, but channel_def"),
    "dtype of the output": (metadata(lambda m: pred(m).update(dtype="float16")), "network_def: does not fit"),
    "metadata cut": (lambda b: (b / "configs/metadata.json").write_text("{"), "metadata.json: line 1: not valid JSON"),
    "reference": (recipe(max_epochs="@max_epoch"), "'@max_epoch' refers to nothing; did you mean 'max_epochs'?"),
    "expression": (recipe(max_epochs="$2 * @batchsize"), "'@batchsize' refers to nothing; did you mean 'batch_size'?"),
    "extended in vain": (recipe(**{"+train#handler": []}), "+train#handler: extends nothing; did you mean 'train#"),
    "changed in vain": (recipe(**{"trian#trainer#amp": True}), "there is no 'trian#trainer' to change"),
    "unused": (recipe(max_epoch=3), "max_epoch: nothing uses it; did you mean 'max_epochs'?"),
    "labels again": (recipe(labels=["normal", "covid", "non-covid"]), "labels: states the labels again"),
    "unknown base": (recipe(_after_=["stage9"]), "no configuration or recipe 'stage9'"),
    "property": (
        lambda b: edit(b / "configs/inference.json", lambda c: c.pop("dataset")),
        "MONAI's property 'dataset' is missing",
    ),
    "home": (lambda b: (b / "docs/notes.md").write_text("see /home/jane/films"), "a path of one machine, /home/jane"),
    "foreign code": (recipe(labels={"_target_": "evil.Thing"}), "evil.Thing: runs code of evil"),
    "shell": (recipe(labels="$os.system('ls')"), "calls os.system"),
    "import": (recipe(labels="$import subprocess"), "imports subprocess"),
    "builtin": (recipe(labels="$eval('1')"), "calls eval"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_flaw_is_found_and_nothing_else(case: str, bundle: Path) -> None:
    spoil, expected = BROKEN[case]
    spoil(bundle)
    found = [str(finding) for finding in lint_bundle(bundle)]
    assert any(expected in text for text in found), found
    assert len(found) <= 3, found


def test_large_file_must_be_listed(bundle: Path) -> None:
    (bundle / "models").mkdir()
    with (bundle / "models/model.pt").open("wb") as file:
        file.truncate(26 * 1024**2)
    assert any("models/model.pt: 26 MB" in str(finding) for finding in lint_bundle(bundle))
    (bundle / "large_files.yml").write_text("large_files:\n- path: models/model.pt\n")
    assert lint_bundle(bundle) == []


def test_command_says_so_by_its_exit_status(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(bundle), "--code"]) == 0
    output = capsys.readouterr().out
    assert "0 errors, 0 warnings" in output and "runs monai.engines.SupervisedTrainer" in output
    (bundle / "LICENSE").unlink()
    assert main(["lint", str(bundle), "--json"]) == 1
    content = json.loads(capsys.readouterr().out)[str(bundle)]
    assert content["findings"][0]["file"] == "LICENSE" and content["code"] == list_code(bundle)
    assert main(["lint", str(bundle / "docs")]) == 2
