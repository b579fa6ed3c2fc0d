"""The report as a command writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from radiobundle.cli import main


def test_report_judges_test_at_thresholds_fitted_on_validation(predictions_csv: Path, tmp_path: Path) -> None:
    output = tmp_path / "report"
    arguments = ["report", str(predictions_csv), "--output", str(output), "--groups", "sex", "--bootstrap", "50"]
    assert main(arguments) == 0
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["headline_split"] == "test" and metrics["splits"]["test"]["images"] == 120
    assert json.loads((output / "thresholds.json").read_text())["fitted_on"] == "validation"
    assert set(metrics["groups"]) == {"sex"}


def test_report_page_needs_no_network(predictions_csv: Path, tmp_path: Path) -> None:
    assert main(["report", str(predictions_csv), "--output", str(tmp_path / "r"), "--bootstrap", "20"]) == 0
    page = (tmp_path / "r" / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)
    assert "@import" not in page and "url(http" not in page
