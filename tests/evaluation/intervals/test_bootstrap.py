"""How images are resampled."""

from __future__ import annotations

import numpy as np

from evaluation_cases import sample_case
from radiobundle.evaluation.intervals.bootstrap import plan_resampling


def test_patients_are_drawn_whole() -> None:
    truth, _ = sample_case(7)
    patients = np.array([f"p{number // 3}" for number in range(60)], dtype=object)
    weights = plan_resampling(truth, patient_ids=patients).sample(np.random.default_rng(0), 20)
    grouped = weights.reshape(20, 3, 20)
    assert (grouped == grouped[:, :1]).all() and weights.max() > 1


def test_rare_class_is_in_every_resample() -> None:
    truth = np.zeros((500, 1))
    truth[:2] = 1
    weights = plan_resampling(truth).sample(np.random.default_rng(0), 300)
    assert (weights[:2].sum(0) == 2).all()
