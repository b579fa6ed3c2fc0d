"""From scores and resamples to estimates: a value with its interval, or the reason why there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.intervals.bootstrap import ResamplingPlan, percentile_interval, plan_resampling, resample
from radiobundle.evaluation.intervals.wilson import wilson_interval
from radiobundle.evaluation.metrics.delong import DeLong, delong
from radiobundle.evaluation.metrics.no_skill import no_skill
from radiobundle.evaluation.metrics.rates import DECISION_METRICS, PROBABILITY_METRICS, reason_undefined
from radiobundle.evaluation.metrics.scorer import MetricKey, Scorer, Scores
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import IGNORED

_UNBOUNDED = frozenset({"kappa", "mcc", "log_loss", "brier", "ece"})


@dataclass(frozen=True)
class Interval:
    """The 95 % interval of a value; None where there is none."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Estimate:
    """One number.

    Attributes:
        value: None where it is undefined.
        low: lower edge of its 95 % interval; None without one.
        high: upper edge.
        method: how the interval was made, or "none"; None where the value is undefined.
        reason: why the value is undefined.
        note: why there is no interval.
        classes: number of classes that a mean was taken over.
        delong: for an AUROC, the interval after DeLong.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    reason: str | None = None
    note: str | None = None
    classes: int | None = None
    delong: Interval | None = None

    def to_json(self) -> dict[str, Any]:
        """Return value, low and high, and the other fields that are set."""
        always = ("value", "low", "high")
        return {key: found for key, found in asdict(self).items() if key in always or found is not None}


@dataclass(frozen=True)
class Evaluation:
    """One set of images, scored once and on every resample.

    Attributes:
        predictions: the images.
        scorer: their scorer.
        point: key -> value on the images themselves.
        replicates: key -> values on the resamples, resamples first.
        plan: the resampling plan.
        seed: seed of the resampling.
        resamples: number of resamples.
        thresholds: thresholds of the decision "fitted", if any.
    """

    predictions: Predictions
    scorer: Scorer
    point: Scores
    replicates: Scores
    plan: ResamplingPlan
    seed: int
    resamples: int
    thresholds: Thresholds | None = None

    @property
    def rule(self) -> DecisionRule:
        """How probabilities become predicted classes."""
        return self.predictions.rule

    @property
    def shipped_decision(self) -> str:
        """The decision that the model ships with, "default" or "fitted"."""
        return self.rule.shipped(has_thresholds=self.thresholds is not None)


def evaluate(
    predictions: Predictions,
    *,
    thresholds: Thresholds | None = None,
    resamples: int = 1000,
    seed: int = 0,
    plan: ResamplingPlan | None = None,
    micro: bool = True,
    ranking: bool = True,
) -> Evaluation:
    """Score `predictions` and resample them; with `thresholds` at decision "fitted" too.

    Args:
        predictions: the images.
        thresholds: of the decision "fitted".
        resamples: number of resamples; 0: none.
        seed: seed of the resampling.
        plan: the resampling plan, for models that are compared on the same resamples; None: that of these images.
        micro, ranking: see `Scorer`.

    >>> images, splits = np.array(["1.png", "2.png", "3.png"]), np.array(["test"] * 3)
    >>> truth, probabilities = np.array([[1], [0], [0]]), np.array([[0.9], [0.2], [0.6]])
    >>> found = evaluate(Predictions(images, None, splits, ("sick",), truth, probabilities), resamples=0)
    >>> describe(found)["overall"]["default"]["specificity"].value
    0.5
    """
    cuts = None if thresholds is None else thresholds.vector(predictions.labels)
    scorer = Scorer(
        predictions.truth,
        predictions.probabilities,
        rule=predictions.rule,
        thresholds=cuts,
        micro=micro,
        ranking=ranking,
    )
    plan = plan or plan_resampling(scorer.truth, patient_ids=predictions.patient_ids)
    replicates = resample(scorer.score, plan, resamples=resamples, seed=seed) if resamples else {}
    return Evaluation(predictions, scorer, scorer.score_once(), replicates, plan, seed, resamples, thresholds)


def describe(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything about one set of images: `splits` of metrics.json, see docs/metrics.md, with `Estimate`s."""
    predictions, plan = evaluation.predictions, evaluation.plan
    labels = predictions.labels
    method = "bootstrap percentile" if evaluation.resamples else "none"
    return {
        "images": len(predictions),
        "patients": predictions.patient_count,
        "resampling": {
            **plan.describe(method, resamples=evaluation.resamples, seed=evaluation.seed),
            "strata": len(plan.strata),
        },
        "overall": _describe_overall(evaluation),
        "no_skill": no_skill(evaluation.scorer),
        "per_class": {label: _describe_class(evaluation, index) for index, label in enumerate(labels)},
        "averages": {scope: _describe_scope(evaluation, scope) for scope in ("macro", "micro", "weighted")},
    }


def estimate(
    evaluation: Evaluation, key: MetricKey, *, index: int | None = None, reason: str = "undefined in every class"
) -> Estimate:
    """Return one value with its interval.

    If every resample gives the same value (a recall of 1, say), the percentile interval would claim certainty; a rate
    then gets the Wilson interval for its denominator instead, and a compound score that for the smaller class.
    """
    value = evaluation.point[key] if index is None else evaluation.point[key][index]
    if not np.isfinite(value):
        return Estimate(None, reason=reason)
    if key not in evaluation.replicates:
        return Estimate(float(value), method="none")
    resampled = evaluation.replicates[key] if index is None else evaluation.replicates[key][:, index]
    low, high = (float(edge) for edge in percentile_interval(resampled))
    if high - low >= 1e-12:
        return Estimate(float(value), low, high, method="bootstrap percentile")
    if value in (0.0, 1.0) and key.metric not in _UNBOUNDED:
        low, high = wilson_interval(float(value), _denominator(evaluation, key, index))
        return Estimate(float(value), low, high, method="Wilson (every resample gave the same value)")
    return Estimate(float(value), method="none", note="every resample gave the same value")


def _denominator(evaluation: Evaluation, key: MetricKey, index: int | None) -> float:
    scorer = evaluation.scorer
    index = evaluation.rule.positive_index if index is None else index
    columns = slice(None) if index is None else slice(index, index + 1)
    truth = scorer.truth[:, columns]
    predicted = scorer.predicted.get(key.decision, np.zeros_like(scorer.truth, dtype=bool))[:, columns]
    known, positive = truth != IGNORED, truth == 1
    counts = {
        "recall": positive.sum(),
        "specificity": (truth == 0).sum(),
        "precision": (known & predicted).sum(),
        "npv": (known & ~predicted).sum(),
        "accuracy": known.sum(),
        "prevalence": known.sum(),
        "exact_match": known.any(axis=1).sum(),
    }
    count = float(counts.get(key.metric, min(positive.sum(), (truth == 0).sum())))
    return count * evaluation.plan.unit_count / max(len(truth), 1)  # several images of one patient count less


def _describe_class(evaluation: Evaluation, index: int) -> dict[str, Any]:
    scorer = evaluation.scorer
    truth = scorer.truth[:, index]
    positives, negatives = int((truth == 1).sum()), int((truth == 0).sum())

    def one(decision: str, metric: str) -> Estimate:
        reason = reason_undefined(metric, positives=positives, negatives=negatives)
        return estimate(evaluation, MetricKey("class", decision, metric), index=index, reason=reason)

    result: dict[str, Any] = {
        "positives": positives,
        "negatives": negatives,
        "ignored": int((truth == IGNORED).sum()),
        "prevalence": one("probability", "prevalence"),
        "probability": {metric: one("probability", metric) for metric in (*PROBABILITY_METRICS, "ece")},
    }
    if fitted := delong_of(index, evaluation):
        edges = (float(edge[0]) if np.isfinite(edge[0]) else None for edge in fitted.interval())
        result["probability"]["auroc"] = replace(result["probability"]["auroc"], delong=Interval(*edges))
    for decision, predicted in scorer.predicted.items():
        positive = predicted[:, index]
        result[decision] = {
            "threshold": _threshold_text(evaluation, decision, index),
            "tp": int((positive & (truth == 1)).sum()),
            "fp": int((positive & (truth == 0)).sum()),
            "tn": int((~positive & (truth == 0)).sum()),
            "fn": int((~positive & (truth == 1)).sum()),
            **{metric: one(decision, metric) for metric in DECISION_METRICS},
        }
    return result


def delong_of(index: int, *evaluations: Evaluation) -> DeLong | None:
    """Return `delong` of one class for models with the same truth; None if it lacks positive or negative images."""
    truth, clusters = evaluations[0].scorer.truth[:, index], evaluations[0].plan.unit_of_image
    known = truth != IGNORED
    positive = truth[known] == 1
    if not positive.any() or positive.all():
        return None
    scores = np.stack([one.scorer.probabilities[known, index] for one in evaluations], axis=1)
    return delong(positive, scores, clusters=None if clusters is None else clusters[known])


def _threshold_text(evaluation: Evaluation, decision: str, index: int) -> float | str:
    predictions = evaluation.predictions
    if decision == "default":
        return "most probable class" if evaluation.rule.is_exclusive else 0.5
    assert evaluation.thresholds is not None
    value = evaluation.thresholds.values[predictions.labels[index]]
    if value is not None:
        return value
    return evaluation.thresholds.notes.get(predictions.labels[index], "0.5")


def _describe_overall(evaluation: Evaluation) -> dict[str, Any]:
    rule = evaluation.rule
    meaning = "mean over the classes in which the metric is defined"
    if rule.positive_index is not None:
        meaning = f"the positive class {evaluation.predictions.positive_label!r}"
    elif rule.is_exclusive:
        meaning = "accuracy, balanced accuracy, kappa and MCC of the most probable class; the rest: mean over classes"
    found = _describe_scope(evaluation, "overall")
    return {"meaning": meaning} | {
        name: part for name, part in found.items() if name != "fitted" or rule.is_decision(name)
    }


def _describe_scope(evaluation: Evaluation, scope: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in [key for key in evaluation.point if key.scope == scope]:
        result.setdefault(key.decision, {})[key.metric] = _estimate_mean(evaluation, key)
    return result


def _estimate_mean(evaluation: Evaluation, key: MetricKey) -> Estimate:
    """Return a value over all classes, with the number of classes if it is a mean."""
    found = estimate(evaluation, key)
    in_class, rule = key._replace(scope="class"), evaluation.rule
    of_matrix = rule.is_exclusive and key.metric in ("accuracy", "kappa", "mcc")
    is_mean = key.scope in ("macro", "weighted") or (rule.positive_index is None and not of_matrix)
    if in_class not in evaluation.point or key.scope == "micro" or not is_mean:
        return found
    return replace(found, classes=int(np.isfinite(evaluation.point[in_class]).sum()))
