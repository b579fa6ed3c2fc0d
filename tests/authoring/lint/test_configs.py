"""What radiobundle asks of the configurations of its own bundles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import PNEUMONIA
from radiobundle.authoring.lint.configs import check_configs


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PNEUMONIA, tmp_path / "b", ignore=shutil.ignore_patterns("store", "output*", "data")))


def edit(name: str, **changes: Any) -> Callable[[Path], object]:
    def change(bundle: Path) -> None:
        content = json.loads((bundle / name).read_text()) if (bundle / name).is_file() else {}
        kept = {key: value for key, value in (content | changes).items() if value is not None}
        (bundle / name).write_text(json.dumps(kept))

    return change


MINE = "configs/recipes/mine.json"
CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "left out": (
        edit("authored/config.json", without_recipes=["densnet121"]),
        "authored/config.json: without_recipes names 'densnet121', which is not a shared recipe; did you mean",
    ),
    "model": (edit("configs/inference.json", preprocessing_steps=None), "radiobundle reads it to predict"),
    "inside": (
        edit(MINE, **{"network_def": "@networks#resnet18", "lr_scheduler#factor": 2, "seed#x": 1}),
        "mine.json: seed#x: 'seed' is 0; change what it refers to",
    ),
    "named": (edit(MINE, network_def="@networks#resnet81"), "refers to nothing; did you mean 'networks#resnet18'"),
}


@pytest.mark.parametrize("case", CASES)
def test_flaw_is_found(case: str, bundle: Path) -> None:
    spoil, expected = CASES[case]
    spoil(bundle)
    found = [str(finding) for finding in check_configs(bundle)]
    assert any(expected in text for text in found), found


def test_named_component_that_nobody_chooses_is_no_flaw(bundle: Path) -> None:
    edit(MINE, **{"losses#mine": {"_target_": "torch.nn.CrossEntropyLoss", "label_smoothing": 0.1}})(bundle)
    assert list(check_configs(bundle)) == []
    edit(MINE, **{"loses": {}})(bundle)
    assert ["mine.json: loses: nothing uses it" in str(finding) for finding in check_configs(bundle)] == [True]
