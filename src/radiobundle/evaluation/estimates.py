"""From scores and resamples to estimates: {value, low, high, method}, or null with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from radiobundle.evaluation.bootstrap import ResamplingPlan, percentile_interval, plan_resampling, resample
from radiobundle.evaluation.metrics import DECISION_METRICS, PROBABILITY_METRICS, reason_undefined
from radiobundle.evaluation.predictions import IGNORED, Predictions
from radiobundle.evaluation.ranking import delong
from radiobundle.evaluation.scoring import Key, Scorer
from radiobundle.evaluation.thresholds import Thresholds

Estimate = dict[str, Any]
_UNBOUNDED = frozenset({"kappa", "mcc", "log_loss", "brier", "ece"})


@dataclass(frozen=True)
class Evaluation:
    """One set of images, scored once and on every resample.

    Attributes:
        predictions: the images.
        scorer: their scorer.
        point: key -> value on the images themselves.
        replicates: key -> values on the resamples, resamples first.
        plan: how was resampled.
        seed: of the resampling.
        resamples: how many.
        thresholds: those of decision "fitted", if any.
    """

    predictions: Predictions
    scorer: Scorer
    point: dict[Key, np.ndarray]
    replicates: dict[Key, np.ndarray]
    plan: ResamplingPlan
    seed: int
    resamples: int
    thresholds: Thresholds | None = None

    @property
    def shown_classes(self) -> list[int]:
        """The classes worth a row of their own: all, or the positive one where one probability decides."""
        count = len(self.predictions.labels)
        return [count - 1] if self.predictions.is_binary else list(range(count))


def evaluate(
    predictions: Predictions, *, thresholds: Thresholds | None = None, resamples: int = 1000, seed: int = 0
) -> Evaluation:
    """Score `predictions` and resample them; with `thresholds` at decision "fitted" too."""
    extra = {} if thresholds is None else {"fitted": thresholds.vector(predictions.labels)}
    scorer = Scorer(predictions.truth, predictions.probabilities, task=predictions.task, thresholds=extra)
    plan = plan_resampling(scorer.truth, patient_ids=predictions.patient_ids)
    replicates = resample(scorer.score, plan, resamples=resamples, seed=seed) if resamples else {}
    return Evaluation(predictions, scorer, scorer.score_once(), replicates, plan, seed, resamples, thresholds)


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything about one set of images as JSON-ready values; the schema is in docs/metrics.md."""
    predictions, plan = evaluation.predictions, evaluation.plan
    labels = predictions.labels
    patients = predictions.patient_ids
    return {
        "images": len(predictions),
        "patients": None if patients is None else len(set(patients)),
        "resampling": {
            "method": "bootstrap percentile" if evaluation.resamples else "none",
            "level": 0.95,
            "resamples": evaluation.resamples,
            "seed": evaluation.seed,
            "unit": plan.unit,
            "units": plan.unit_count,
            "strata": len(plan.strata),
        },
        "overall": _describe_overall(evaluation),
        "no_skill": no_skill(evaluation),
        "per_class": {label: _describe_class(evaluation, index) for index, label in enumerate(labels)},
        "averages": {scope: _describe_average(evaluation, scope) for scope in ("macro", "micro", "weighted")},
    }


def estimate(
    evaluation: Evaluation, key: Key, *, index: int | None = None, reason: str = "undefined in every class"
) -> Estimate:
    """Return one value with its interval.

    Where every resample gives the same value (a recall of 1, say) the percentile interval would claim
    certainty; a rate then gets the Wilson interval of its denominator instead, and a compound score that of
    the smaller class.
    """
    value = evaluation.point[key] if index is None else evaluation.point[key][index]
    if not np.isfinite(value):
        return {"value": None, "low": None, "high": None, "reason": reason}
    if key not in evaluation.replicates:
        return {"value": float(value), "low": None, "high": None, "method": "none"}
    drawn = evaluation.replicates[key] if index is None else evaluation.replicates[key][:, index]
    low, high = (float(edge) for edge in percentile_interval(drawn))
    result = {"value": float(value), "low": low, "high": high, "method": "bootstrap percentile"}
    if high - low < 1e-12 and value in (0.0, 1.0) and key[2] not in _UNBOUNDED:
        low, high = wilson(float(value), _denominator(evaluation, key, index))
        result.update(low=low, high=high, method="Wilson (every resample gave the same value)")
    elif high - low < 1e-12:
        result.update(low=None, high=None, method="none", note="every resample gave the same value")
    return result


def wilson(share: float, count: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a proportion `share` of `count` independent units."""
    if count <= 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)))
    return max(0.0, centre - half), min(1.0, centre + half)


def _denominator(evaluation: Evaluation, key: Key, index: int | None) -> float:
    scorer = evaluation.scorer
    if index is None and scorer.headline_class is not None:
        index = scorer.headline_class
    columns = slice(None) if index is None else slice(index, index + 1)
    truth = scorer.truth[:, columns]
    called = scorer.decisions.get(key[1], np.zeros_like(scorer.truth, dtype=bool))[:, columns]
    known, positive = truth != IGNORED, truth == 1
    counts = {
        "recall": positive.sum(),
        "specificity": (truth == 0).sum(),
        "precision": (known & called).sum(),
        "npv": (known & ~called).sum(),
        "accuracy": known.sum(),
        "prevalence": known.sum(),
        "exact_match": known.any(axis=1).sum(),
    }
    count = float(counts.get(key[2], min(positive.sum(), (truth == 0).sum())))
    return count * evaluation.plan.unit_count / max(len(truth), 1)  # several images of one patient count less


def no_skill(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Return the overall numbers of a model that has not looked: each class's prevalence for every image.

    At the default decision that is the most frequent answer, always. What is not better than this shows no skill,
    however high it is: naming no finding at all is right on most findings of most images.

    Returns:
        probability and default, as in `overall`, of metric to value; undefined ones are left out.
    """
    scorer = evaluation.scorer
    known = scorer.truth != IGNORED
    positives = (scorer.truth == 1).sum(axis=0)
    prevalence = np.divide(positives, known.sum(axis=0), out=np.zeros(len(positives)), where=known.any(axis=0))
    constant = np.broadcast_to(prevalence, scorer.truth.shape)
    scores = Scorer(scorer.truth, constant, task=scorer.task, micro=False).score_once()
    found: dict[str, dict[str, float]] = {}
    for (scope, decision, metric), value in scores.items():
        if scope == "overall" and np.isfinite(value):
            found.setdefault(decision, {})[metric] = float(value)
    return found


def _describe_class(evaluation: Evaluation, index: int) -> dict[str, Any]:
    scorer = evaluation.scorer
    truth = scorer.truth[:, index]
    positives, negatives = int((truth == 1).sum()), int((truth == 0).sum())

    def one(decision: str, metric: str) -> Estimate:
        reason = reason_undefined(metric, positives=positives, negatives=negatives)
        return estimate(evaluation, ("class", decision, metric), index=index, reason=reason)

    result: dict[str, Any] = {
        "positives": positives,
        "negatives": negatives,
        "ignored": int((truth == IGNORED).sum()),
        "prevalence": one("probability", "prevalence"),
        "probability": {metric: one("probability", metric) for metric in (*PROBABILITY_METRICS, "ece")},
    }
    if positives and negatives:
        result["probability"]["auroc"]["delong"] = _delong_interval(evaluation, index)
    for decision, called in scorer.decisions.items():
        call = called[:, index]
        result[decision] = {
            "threshold": _threshold_text(evaluation, decision, index),
            "tp": int((call & (truth == 1)).sum()),
            "fp": int((call & (truth == 0)).sum()),
            "tn": int((~call & (truth == 0)).sum()),
            "fn": int((~call & (truth == 1)).sum()),
            **{metric: one(decision, metric) for metric in DECISION_METRICS},
        }
    return result


def _delong_interval(evaluation: Evaluation, index: int) -> dict[str, float | None]:
    truth = evaluation.scorer.truth[:, index]
    known = truth != IGNORED
    clusters = evaluation.plan.unit_of_image
    fitted = delong(
        truth[known] == 1,
        evaluation.scorer.probabilities[known, index],
        clusters=None if clusters is None else clusters[known],
    )
    low, high = fitted.interval()
    edges = [float(edge[0]) if np.isfinite(edge[0]) else None for edge in (low, high)]
    return {"low": edges[0], "high": edges[1]}


def _threshold_text(evaluation: Evaluation, decision: str, index: int) -> float | str:
    predictions = evaluation.predictions
    if decision == "default":
        return "most probable class" if evaluation.scorer.exclusive else 0.5
    assert evaluation.thresholds is not None
    value = evaluation.thresholds.values[predictions.labels[index]]
    if value is not None:
        return value
    return evaluation.thresholds.notes.get(predictions.labels[index], "0.5")


def _describe_overall(evaluation: Evaluation) -> dict[str, Any]:
    scorer = evaluation.scorer
    result: dict[str, Any] = {}
    if scorer.headline_class is not None:
        result["meaning"] = f"the positive class {evaluation.predictions.labels[-1]!r}"
    elif scorer.exclusive:
        result["meaning"] = "accuracy, kappa, MCC: most probable class; the rest: mean over classes"
    else:
        result["meaning"] = "mean over the classes in which the metric is defined"
    for scope, decision, metric in evaluation.point:
        if scope == "overall" and not (decision == "fitted" and scorer.exclusive):
            key = ("overall", decision, metric)
            result.setdefault(decision, {})[metric] = estimate(evaluation, key) | _class_count(evaluation, key)
    return result


def _describe_average(evaluation: Evaluation, scope: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in [key for key in evaluation.point if key[0] == scope]:
        result.setdefault(key[1], {})[key[2]] = estimate(evaluation, key) | _class_count(evaluation, key)
    return result


def _class_count(evaluation: Evaluation, key: Key) -> dict[str, int]:
    if ("class", *key[1:]) not in evaluation.point or key[0] == "micro":
        return {}
    if key[0] == "overall" and evaluation.scorer.headline_class is not None:
        return {}
    if key[0] == "overall" and evaluation.scorer.exclusive and key[2] in ("accuracy", "kappa", "mcc"):
        return {}
    return {"classes": int(np.isfinite(evaluation.point["class", key[1], key[2]]).sum())}
