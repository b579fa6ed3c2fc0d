"""Every metric of one set of images, for many weightings of the images at once.

The scorer turns truth, probabilities and decisions into a few matrices once; the same code then gives the value on the
data itself (all weights 1) and on any bootstrap resample (weights = how often each image was sampled).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.metrics.ranking import RankedScores
from radiobundle.evaluation.metrics.rates import DECISION_METRICS, matrix_rates, mean_defined, rates
from radiobundle.evaluation.predictions.table import usable_truth
from radiobundle.labels import IGNORED, Task

ECE_BINS = 15
EPOCH_SCORES = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auroc", "average_precision")
_EPSILON = float(np.finfo(np.float64).eps)


class MetricKey(NamedTuple):
    """Which number, as in `MetricKey("class", "fitted", "recall")`; equals the plain tuple.

    Attributes:
        scope: class, macro, weighted, micro or overall, see `Scorer.score`.
        decision: default, fitted, or "probability" for metrics that need no decision.
        metric: its name, as in docs/metrics.md.
    """

    scope: str
    decision: str
    metric: str


Scores = dict[MetricKey, np.ndarray]


class Scorer:
    """Scores of N images and C classes.

    Args:
        truth: (N, C) of 1, 0, -1 = ignored.
        probabilities: (N, C).
        rule: how the probabilities become predicted classes.
        thresholds: (C,) for a decision "fitted" beside "default" (0.5, or the most probable class); class against rest
            if thresholds do not decide.
        micro: whether to pool all classes for AUROC and average precision too.
        ranking: whether to compute AUROC and average precision at all (they take most of the time).
    """

    def __init__(
        self,
        truth: np.ndarray,
        probabilities: np.ndarray,
        *,
        rule: DecisionRule,
        thresholds: np.ndarray | None = None,
        micro: bool = True,
        ranking: bool = True,
    ) -> None:
        self.truth = usable_truth(truth, task=rule.task)
        self.probabilities = np.asarray(probabilities, dtype=np.float64)
        self.rule = rule
        self.image_count, self.class_count = self.truth.shape
        self.predicted = {"default": rule.predict(self.probabilities)}
        if thresholds is not None:
            self.predicted["fitted"] = rule.predict_against_rest(self.probabilities, thresholds)
        self._features = self._build_features()
        self._features32: np.ndarray | None = None
        columns = [slice(index, index + 1) for index in range(self.class_count)]
        self._ranked = [self._rank(column) for column in columns] if ranking else []
        self._ranked_micro = self._rank(slice(None)) if micro and ranking else None

    def score_once(self) -> Scores:
        """Return the scores on the images themselves: per class (C,), otherwise scalars of shape ()."""
        scores = self.score(np.ones((self.image_count, 1)))
        return {key: value[0] for key, value in scores.items()}

    def score(self, weights: np.ndarray) -> Scores:
        """Return every score under `weights` (N, B), non-negative counts.

        Keys are (scope, decision, metric). Scope "class" holds (B, C), the others (B,): "macro" (mean over the classes
        where the metric is defined), "weighted" (the same, weighted by positives), "micro" (all classes pooled) and
        "overall" (the headline: the positive class when one probability decides, else the macro mean, with accuracy,
        kappa and MCC of the most probable class for exclusive classes). Decision "probability" needs no threshold.
        """
        sums = self._sum_features(weights)
        scores: Scores = {}
        positives, negatives = sums["positives"], sums["negatives"]
        for name in self.predicted:
            tp, fp = sums[f"tp:{name}"], sums[f"fp:{name}"]
            counts = (tp, fp, negatives - fp, positives - tp)
            self._add(scores, name, rates(*counts), positives)
            pooled = rates(*(count.sum(axis=1) for count in counts))
            scores.update({MetricKey("micro", name, metric): value for metric, value in pooled.items()})
        total = positives + negatives
        with np.errstate(invalid="ignore", divide="ignore"):
            losses = {name: sums[name] / total for name in ("brier", "log_loss")}
            pooled_losses = {name: sums[name].sum(axis=1) / total.sum(axis=1) for name in losses}
            prevalence = positives / total
        self._add(scores, "probability", {**self._rank_scores(weights), **losses}, positives)
        scores[MetricKey("class", "probability", "prevalence")] = prevalence
        scores[MetricKey("class", "probability", "ece")] = ece = self._calibration_error(sums)
        scores[MetricKey("macro", "probability", "ece")] = mean_defined(ece)
        if self._ranked_micro is not None:
            pooled_losses["auroc"], pooled_losses["average_precision"] = self._ranked_micro.score(weights)
        scores.update({MetricKey("micro", "probability", name): value for name, value in pooled_losses.items()})
        self._add_overall(scores, sums)
        return scores

    def _rank_scores(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        shape = (self.class_count, 2, weights.shape[1])
        ranked = np.array([ranked.score(weights) for ranked in self._ranked] or np.full(shape, np.nan))
        return {"auroc": ranked[:, 0].T, "average_precision": ranked[:, 1].T}

    def _add(self, scores: Scores, decision: str, values: dict[str, np.ndarray], support: np.ndarray) -> None:
        for metric, value in values.items():
            scores[MetricKey("class", decision, metric)] = value
            scores[MetricKey("macro", decision, metric)] = mean_defined(value)
            scores[MetricKey("weighted", decision, metric)] = mean_defined(value, support)

    def _add_overall(self, scores: Scores, sums: dict[str, np.ndarray]) -> None:
        positive = self.rule.positive_index
        for key in [key for key in scores if key.scope == "macro"]:
            mean, in_class = scores[key], scores[key._replace(scope="class")]
            scores[key._replace(scope="overall")] = mean if positive is None else in_class[:, positive]
        if self.rule.is_exclusive:
            matrix = sums["matrix"].T.reshape(self.class_count, self.class_count, -1)
            with np.errstate(invalid="ignore", divide="ignore"):
                for metric, value in matrix_rates(matrix).items():
                    scores[MetricKey("overall", "default", metric)] = value
                count = matrix.sum(axis=(0, 1))
                scores[MetricKey("overall", "probability", "log_loss")] = sums["true_log_loss"][:, 0] / count
                scores[MetricKey("overall", "probability", "brier")] = sums["brier"].sum(axis=1) / count
        elif self.rule.task == "multilabel" and self.class_count > 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                for name in self.predicted:
                    exact = sums[f"exact:{name}"][:, 0] / sums["complete"][:, 0]
                    scores[MetricKey("overall", name, "exact_match")] = exact

    def _calibration_error(self, sums: dict[str, np.ndarray]) -> np.ndarray:
        gaps = np.abs(sums["bin_gap"].reshape(-1, ECE_BINS, self.class_count)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return gaps / (sums["positives"] + sums["negatives"])

    def _build_features(self) -> np.ndarray:
        known = self.truth != IGNORED
        positive, negative = self.truth == 1, self.truth == 0
        p = self.probabilities
        clipped = np.clip(np.where(positive, p, 1 - p), _EPSILON, 1 - _EPSILON)
        features = {
            "positives": positive.astype(np.float64),
            "negatives": negative.astype(np.float64),
            "brier": np.where(known, (p - positive) ** 2, 0.0),
            "log_loss": np.where(known, -np.log(clipped), 0.0),
        }
        bins = np.minimum((p * ECE_BINS).astype(np.int64), ECE_BINS - 1)
        gap = np.where(known, p - positive, 0.0)
        features["bin_gap"] = np.concatenate([gap * (bins == index) for index in range(ECE_BINS)], axis=1)
        complete = known.all(axis=1)
        for name, predicted in self.predicted.items():
            features[f"tp:{name}"] = (positive & predicted).astype(np.float64)
            features[f"fp:{name}"] = (negative & predicted).astype(np.float64)
            features[f"exact:{name}"] = (complete & (positive == predicted).all(axis=1)).astype(np.float64)[:, None]
        features["complete"] = complete.astype(np.float64)[:, None]
        if self.rule.is_exclusive:
            predicted = self.predicted["default"]
            cells = positive[:, :, None] & predicted[:, None, :] & complete[:, None, None]
            features["matrix"] = cells.reshape(self.image_count, -1).astype(np.float64)
            features["true_log_loss"] = (features["log_loss"] * positive).sum(axis=1, keepdims=True)
        self._widths = {name: column.shape[1] for name, column in features.items()}
        return np.concatenate(list(features.values()), axis=1)

    def _sum_features(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        features = self._features
        if weights.dtype == np.float32:
            if self._features32 is None:
                self._features32 = features.astype(np.float32)
            features = self._features32
        summed = (weights.T @ features).astype(np.float64, copy=False)
        edges = np.cumsum(list(self._widths.values()))[:-1]
        return dict(zip(self._widths, np.split(summed, edges, axis=1), strict=True))

    def _rank(self, columns: slice) -> RankedScores:
        truth, scores = self.truth[:, columns], self.probabilities[:, columns]
        known = truth != IGNORED
        rows = np.nonzero(known)[0]
        return RankedScores(truth[known] == 1, scores[known], rows=rows, weight_rows=self.image_count)


def epoch_scores(truth: np.ndarray, probabilities: np.ndarray, *, task: Task) -> dict[str, float]:
    """Return the few scores watched during training: the same values as in the report at the default decision.

    Args:
        truth: (N, C) of 1, 0, -1 = ignored.
        probabilities: (N, C) in [0, 1].
        task: "multiclass" or "multilabel".

    Returns:
        `EPOCH_SCORES` by name; NaN where undefined, and all of them if a probability is not finite, as after a training
        that has diverged. With two exclusive classes (or one label) they are those of the positive class; otherwise
        means over the classes where each is defined, and with exclusive classes the accuracy is that of the most
        probable class.

    >>> scores = epoch_scores(np.array([[1], [0], [0]]), np.array([[0.9], [0.2], [0.6]]), task="multilabel")
    >>> scores["auroc"], scores["precision"]
    (1.0, 0.5)
    """
    if not np.isfinite(probabilities).all():
        return dict.fromkeys(EPOCH_SCORES, float("nan"))
    truth = np.asarray(truth)
    rule = DecisionRule(task, tuple(str(index) for index in range(truth.shape[1])))
    scores = Scorer(truth, np.asarray(probabilities), rule=rule, micro=False).score_once()
    decisions = {name: "default" if name in DECISION_METRICS else "probability" for name in EPOCH_SCORES}
    return {name: float(scores[MetricKey("overall", decision, name)]) for name, decision in decisions.items()}
