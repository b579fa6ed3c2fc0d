"""metrics.json follows the schema that ships, which says what every key is and from which its page is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import document_metrics
from radiobundle.evaluation.judging import ReportOptions, judge
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.schemas import schema_problems


def table(classes: int, task: Any, *, patients: bool = True) -> Predictions:
    rng = np.random.default_rng(classes)
    count = 80
    kind = rng.integers(0, classes, count)
    truth = np.eye(classes)[kind] if task == "multiclass" else rng.integers(-1, 2, (count, classes))
    probabilities = rng.random((count, classes))
    if task == "multiclass":
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Predictions(
        images=np.array([f"{index}.png" for index in range(count)]),
        patient_ids=np.array([f"p{index // 2}" for index in range(count)]) if patients else None,
        splits=np.where(np.arange(count) < count // 2, "validation", "test"),
        labels=tuple(f"label {index}" for index in range(classes)),
        truth=truth.astype(np.int8),
        probabilities=probabilities,
        groups=pd.DataFrame({"sex": np.where(rng.random(count) < 0.5, "F", "M")}),
        task=task,
    )


@pytest.mark.parametrize("bootstrap", [0, 20])
@pytest.mark.parametrize(
    ("classes", "task"), [(3, "multiclass"), (2, "multiclass"), (3, "multilabel"), (1, "multilabel")]
)
def test_metrics_follow_their_schema(classes: int, task: str, bootstrap: int) -> None:
    found = judge(table(classes, task), ReportOptions(bootstrap=bootstrap, groups=("sex",)))
    assert list(schema_problems(found.metrics, "metrics")) == []


def test_metrics_of_one_split_without_patients_follow_their_schema() -> None:
    test = table(3, "multilabel", patients=False).of_split("test")
    assert list(schema_problems(judge(test, ReportOptions(bootstrap=20)).metrics, "metrics")) == []


def test_a_key_that_the_schema_does_not_know_is_found() -> None:
    metrics = judge(table(3, "multilabel"), ReportOptions(bootstrap=0)).metrics
    metrics["splits"]["test"]["overall"]["default"]["recall"]["spread"] = 1.0
    assert [key for key, _ in schema_problems(metrics, "metrics")] == ["splits#test#overall#default#recall"]


def test_the_page_says_what_the_schema_says() -> None:
    page = document_metrics.PAGE.read_text("utf-8")
    assert page == document_metrics.with_table(page), "run scripts/document_metrics.py"
