"""An evaluation says what it found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from radiobundle.cli import main
from radiobundle.reporting.headline import headline

pytestmark = pytest.mark.usefixtures("without_figures")

NUMBER = r"\d\.\d{3} \(\d\.\d{3} to \d\.\d{3}\)"


def test_report_prints_headline_numbers_with_their_intervals(
    predictions_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(predictions_csv), "--output", str(tmp_path / "report"), "--bootstrap", "30"]) == 0
    said = capsys.readouterr().out
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert headline(metrics) in said
    assert re.match(rf"\w+, \d+ images: mean AUROC {NUMBER}, accuracy {NUMBER}, balanced accuracy {NUMBER} by", said)


def test_undefined_numbers_are_dashes() -> None:
    nothing = {"value": None}
    overall = {
        "probability": {"auroc": nothing},
        "default": {"accuracy": {"value": 1.0, "low": None}, "balanced_accuracy": nothing},
    }
    metrics = {
        "headline_split": "test", "task": "multilabel", "labels": ["a"], "thresholds": None, "positive_label": "a",
        "judged": {"by": "study"}, "splits": {"test": {"images": 1200, "overall": overall}},
    }  # fmt: skip
    assert headline(metrics) == ("test, 1,200 studies: AUROC –, accuracy 1.000, balanced accuracy – at 0.5")
