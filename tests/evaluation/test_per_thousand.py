"""The summary out of 1,000 patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation_cases import judge_table, make_table


def test_patients_in_a_thousand_follow_from_the_prevalence(tmp_path: Path) -> None:
    found = judge_table(make_table(), tmp_path, prevalence=0.1)
    summary = found["per_1000_patients"]["sick"]
    recall = found["splits"]["test"]["per_class"]["sick"]["default"]["recall"]["value"]
    specificity = found["splits"]["test"]["per_class"]["sick"]["default"]["specificity"]["value"]
    assert summary["missed"]["value"] == pytest.approx(100 * (1 - recall))
    assert summary["false_alarms"]["value"] == pytest.approx(900 * (1 - specificity))
