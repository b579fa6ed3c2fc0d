"""Parts that an evaluation wrote come with every report of its predictions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evaluation_cases import write_three_classes
from radiobundle.cli import main
from radiobundle.result_set import result_set

pytestmark = pytest.mark.usefixtures("without_figures")

FLOOR = {"value": 0.5, "low": 0.4, "high": 0.6}
SHORTCUTS = {
    "schema": "radiobundle-shortcuts/1",
    "split": "test",
    "images": 120,
    "patients": None,
    "border_fraction": 0.08,
    "views": {
        "whole": {"auroc": {"value": 0.9, "low": 0.8, "high": 0.95}, "per_class": {}},
        "only_border": {"auroc": {"value": 0.7, "low": 0.6, "high": 0.8}, "per_class": {}},
    },
    "floors": {"shuffled": FLOOR, "metadata": {"columns": ["sex"], "absent": ["age"], "images": 9, "auroc": FLOOR}},
    "heat": {
        "images": 3,
        "without_heat": 1,
        "layers": ["layer4"],
        "regions": {"border": {"images": 2, "energy": FLOOR, "area": 0.3, "excess": FLOOR}},
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of an evaluation with predictions and shortcuts, as one set."""
    source = write_three_classes(tmp_path / "predictions.csv")
    with result_set(tmp_path / "run", made_by="evaluation") as folder:
        shutil.copy(source, folder / "predictions.csv")
        (folder / "shortcuts.json").write_text(json.dumps(SHORTCUTS))
    return tmp_path / "run"


def report(run: Path, output: Path, *options: str) -> str:
    command = ["report", str(run / "predictions.csv"), "--output", str(output), "--bootstrap", "0", *options]
    assert main(command) == 0
    return (output / "report.md").read_text()


def test_report_elsewhere_and_in_place_prints_what_the_evaluation_found(run: Path, tmp_path: Path) -> None:
    for output in (tmp_path / "elsewhere", run):
        page = report(run, output)
        assert "| only the border | 0.700 (0.600 to 0.800) |" in page and "not known: age" in page
        assert json.loads((output / "shortcuts.json").read_text()) == SHORTCUTS


def test_parts_of_other_predictions_are_left_out(run: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("predictions.csv", "shortcuts.json"):
        shutil.copy(run / name, alone / name)  # in no set
    assert "Shortcuts" not in report(alone, tmp_path / "output")


def test_changed_predictions_are_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (run / "predictions.csv").open("a") as file:
        file.write("\n")
    assert main(["report", str(run / "predictions.csv"), "--output", str(tmp_path / "output")]) == 2
    assert "has changed since it was made" in capsys.readouterr().err


def test_images_beside_predictions_give_a_page_of_mistakes(run: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in pd.read_csv(run / "predictions.csv")["image"]:
        Image.fromarray(rng.integers(0, 255, (20, 30), np.uint8)).save(tmp_path / name)
    page = report(run, tmp_path / "output", "--dataset-dir", str(tmp_path))
    table = pd.read_csv(tmp_path / "output" / "mistakes.csv")
    assert set(table["split"]) == {"validation"} and "![Errors" in page and table["image"][0] in page
