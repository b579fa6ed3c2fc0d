"""Means with intervals over patients."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.evaluation.intervals.mean import mean_interval


def test_interval_is_that_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = mean_interval(values)
    assert found["low"] == pytest.approx(values.mean() - 1.96 * 0.1, abs=0.03)
    assert found["high"] == pytest.approx(values.mean() + 1.96 * 0.1, abs=0.03)


def test_images_of_one_patient_count_as_one() -> None:
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 40), 10)
    patients = np.repeat(np.arange(40).astype(str), 10)
    clustered, alone = mean_interval(values, patient_ids=patients), mean_interval(values)
    assert clustered["high"] - clustered["low"] > 2.5 * (alone["high"] - alone["low"])


def test_few_patients_have_no_interval_however_many_images() -> None:
    found = mean_interval(np.arange(100.0), patient_ids=np.repeat(["a", "b", "c", "d"], 25))
    assert found == {"value": 49.5, "low": None, "high": None}
    assert mean_interval(np.array([np.nan]))["value"] is None
