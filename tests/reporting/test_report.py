"""The report as a command writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evaluation_cases import write_three_classes
from radiobundle.cli import main


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three exclusive classes, by sex too."""
    folder = tmp_path_factory.mktemp("report")
    command = ["report", str(write_three_classes(folder / "predictions.csv")), "--output", str(folder / "report")]
    assert main([*command, "--groups", "sex", "--bootstrap", "50"]) == 0
    return folder / "report"


def test_report_judges_test_at_thresholds_fitted_on_validation(output: Path) -> None:
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["headline_split"] == "test" and metrics["splits"]["test"]["images"] == 120
    assert json.loads((output / "thresholds.json").read_text())["fitted_on"] == "validation"
    assert set(metrics["groups"]) == {"sex"}


def test_report_page_needs_no_network(output: Path) -> None:
    page = (output / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)
    assert "@import" not in page and "url(http" not in page
