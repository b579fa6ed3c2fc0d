"""Calibration repairs what was distorted, is fitted on validation only, and never passes for the raw probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from evaluation_cases import predictions
from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.fitting.calibration import fit_calibration
from radiobundle.evaluation.fitting.calibration_maps import METHODS
from radiobundle.evaluation.metrics.reliability import reliability
from radiobundle.evaluation.metrics.scorer import ECE_BINS, MetricKey, Scorer
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import Task


def overconfident(count: int = 4000, *, seed: int = 0, factor: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Truth (count, 1) drawn from honest probabilities, and those probabilities with their logits multiplied."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (count, 1))
    truth = rng.random((count, 1)) < 1 / (1 + np.exp(-logits))
    return truth, 1 / (1 + np.exp(-factor * logits))


def ece(truth: np.ndarray, probabilities: np.ndarray) -> float:
    rule = DecisionRule("multilabel", ("normal",))
    scores = Scorer(truth.astype(np.int8), probabilities, rule=rule).score_once()
    return float(scores[MetricKey("macro", "probability", "ece")])


def test_temperature_finds_the_factor_of_overconfidence() -> None:
    found = fit_calibration(predictions(*overconfident(), split="validation"))
    assert found.maps["temperature"]["normal"]["temperature"] == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_calibration_fitted_on_validation_mends_test(method: str) -> None:
    fitted = fit_calibration(predictions(*overconfident(seed=0), split="validation"))
    truth, raw = overconfident(seed=1)
    assert ece(truth, raw) > 0.1
    assert ece(truth, fitted.apply(raw, method=method)) < 0.03


def test_honest_probabilities_are_best_left_alone() -> None:
    found = fit_calibration(predictions(*overconfident(factor=1.0), split="validation"))
    losses = found.log_loss
    assert losses["raw"] == pytest.approx(min(losses.values()), abs=0.003)


def test_exclusive_classes_still_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 300)
    raw = rng.dirichlet([1, 1, 1], 300) * 0.6 + 0.4 * np.eye(3)[kind]
    found = fit_calibration(predictions(np.eye(3)[kind], raw, task="multiclass", split="validation"))
    for method in METHODS:
        np.testing.assert_allclose(found.apply(raw, method=method).sum(1), 1, atol=1e-9)


@pytest.mark.parametrize("split", ["test", "Test", "holdout"])
def test_calibration_is_never_fitted_on_test(split: str) -> None:
    with pytest.raises(ValueError, match="not test"):
        fit_calibration(predictions(*overconfident(50), split=split))


def test_class_without_positives_is_left_as_it_is() -> None:
    truth, raw = overconfident(200)
    found = fit_calibration(predictions(np.zeros_like(truth), raw, split="validation"))
    for method in METHODS:
        np.testing.assert_array_equal(found.apply(raw, method=method), raw)


def test_expected_calibration_error_by_hand() -> None:
    truth = np.array([[1], [0], [1], [1]])
    raw = np.array([[0.9], [0.9], [0.1], [0.1]])  # one bin: half are positive at 0.9; another: all at 0.1
    assert ECE_BINS == 15
    assert ece(truth, raw) == pytest.approx(0.5 * abs(0.5 - 0.9) + 0.5 * abs(1 - 0.1))


def test_reliability_counts_every_image_in_its_bin() -> None:
    found = reliability(np.array([0, 1, 1]), np.array([0.05, 0.95, 1.0]), bins=10)
    assert found["images"].tolist() == [1, 2]
    assert found["observed"].tolist() == [0, 1]
    np.testing.assert_allclose(found["probability"], [0.05, 0.975])


@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_separated_validation_is_left_as_it_is(task: Task) -> None:
    """A temperature fitted on it would tend to 0, and one mistake on test would then cost more than all it gained."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 120)
    truth = np.eye(3, dtype=int)[kind]
    raw = softmax(3.0 * truth + rng.uniform(0, 1, (120, 3)), axis=1)
    names, splits = np.array([f"{index}.png" for index in range(120)]), np.array(["validation"] * 120)
    found = fit_calibration(Predictions(names, None, splits, ("a", "b", "c"), truth, raw, task=task))
    assert found.recommended == "raw"
    for method in ("temperature", "platt", "isotonic"):
        assert set(map(str, found.maps[method].values())) == {"{}"}
        np.testing.assert_allclose(found.apply(raw, method=method), raw)


def recommended_when_right(seed: int, *, copies: int = 1) -> str:
    """What is recommended for 150 probabilities that are right already: what a map gains is luck.

    With copies, each radiograph is there as often, as images of one patient.
    """
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.05, 0.95, (150, 1))
    truth = (rng.uniform(size=(150, 1)) < raw).astype(int)
    count = 150 * copies
    names, splits = np.array([f"{index}.png" for index in range(count)]), np.array(["validation"] * count)
    patients = np.arange(150).repeat(copies).astype(str) if copies > 1 else None
    both = truth.repeat(copies, axis=0), raw.repeat(copies, axis=0)
    return fit_calibration(Predictions(names, patients, splits, ("sick",), *both)).recommended


def test_gain_within_its_standard_error_is_no_reason_to_calibrate() -> None:
    assert [recommended_when_right(seed) for seed in range(20)].count("raw") >= 17


def test_thirty_images_of_a_patient_prove_no_more_than_one() -> None:
    """The gain is as lucky, and its error must be as large."""
    assert [recommended_when_right(seed, copies=30) for seed in range(40)].count("raw") >= 36


def without_optimum(case: str) -> Predictions:
    """Sixty validation images on which some temperature has no optimum."""
    rng = np.random.default_rng(1)
    names, splits = np.array([f"{index}.png" for index in range(60)]), np.full(60, "validation")
    if case == "one class":
        logits = np.stack([rng.normal(0, 1, 60), rng.normal(1.5, 1, 60), rng.normal(1, 1, 60)], axis=1)
        truth = np.tile([1, 0, 0], (60, 1))
        return Predictions(names, None, splits, ("a", "b", "c"), truth, softmax(logits, axis=1), task="multiclass")
    if case == "binary tie":
        truth = (np.arange(60) % 2)[:, None]
        raw = np.where(truth == 1, 0.7, 0.3)
        raw[:2] = 0.5
        return Predictions(names, None, splits, ("sick",), truth, raw)
    truth = np.eye(3, dtype=int)[np.arange(60) % 3]
    raw = 0.1 + 0.7 * truth
    raw[1] = [0.4, 0.4, 0.2]  # its class, the second, ties with the first
    return Predictions(names, None, splits, ("a", "b", "c"), truth, raw, task="multiclass")


@pytest.mark.parametrize("case", ["one class", "binary tie", "tie of classes"])
def test_a_temperature_without_an_optimum_is_no_calibration(case: str) -> None:
    table = without_optimum(case)
    found = fit_calibration(table)
    assert found.recommended == "raw" and set(map(str, found.maps["temperature"].values())) == {"{}"}
    np.testing.assert_array_equal(found.apply(table.probabilities, method="temperature"), table.probabilities)


def test_what_was_not_calibrated_or_judged_is_said() -> None:
    separated = fit_calibration(without_optimum("binary tie"))
    assert separated.notes() == [
        "Not calibrated, because validation has a single value there, or makes no mistake: sick."
    ]
    few = fit_calibration(predictions(*overconfident(9), split="validation"))
    assert few.recommended == "raw" and few.log_loss == {} and "fewer than 10 patients" in few.notes()[0]
    assert fit_calibration(predictions(*overconfident(), split="validation")).notes() == []
