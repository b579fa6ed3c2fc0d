"""Every number of one set of images, under many weightings of the images at once.

The scorer turns truth, probabilities and decisions into a few matrices once; the value on the data itself
(all weights 1) and on any bootstrap resample (weights = how often each image was drawn) come out of the same
code.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from radiobundle.evaluation.metrics import (
    DECISION_METRICS,
    PROBABILITY_METRICS,
    decide,
    matrix_rates,
    mean_defined,
    rates,
    usable_truth,
)
from radiobundle.evaluation.predictions import IGNORED, Task
from radiobundle.evaluation.ranking import RankedScores

Key = tuple[str, str, str]
ECE_BINS = 15
_EPSILON = float(np.finfo(np.float64).eps)


class Scorer:
    """Scores of N images and C classes.

    Args:
        truth: (N, C) of 1, 0, -1 = ignored.
        probabilities: (N, C).
        task: "multiclass" or "multilabel".
        thresholds: name of a decision -> thresholds (C,), beside "default" (0.5 or the most probable class).
        micro: whether to pool all classes for AUROC and average precision too.
        ranking: whether AUROC and average precision are wanted at all (they take most of the time).
    """

    def __init__(
        self,
        truth: np.ndarray,
        probabilities: np.ndarray,
        *,
        task: Task,
        thresholds: Mapping[str, np.ndarray] | None = None,
        micro: bool = True,
        ranking: bool = True,
    ) -> None:
        self.truth = usable_truth(truth, task=task)
        self.probabilities = np.asarray(probabilities, dtype=np.float64)
        self.task = task
        self.image_count, self.class_count = self.truth.shape
        self.exclusive = task == "multiclass" and self.class_count > 2
        self.headline_class = self.class_count - 1 if self._is_binary else None
        self.decisions = {"default": decide(self.probabilities, task=task)}
        for name, values in (thresholds or {}).items():
            self.decisions[name] = decide(self.probabilities, task=task, thresholds=values)
        self._features = self._build_features()
        self._features32: np.ndarray | None = None
        self._ranked = [self._rank(index) for index in range(self.class_count)] if ranking else []
        self._ranked_micro = self._rank_all() if micro and ranking else None

    @property
    def _is_binary(self) -> bool:
        return self.class_count == 1 or (self.task == "multiclass" and self.class_count == 2)

    def score_once(self) -> dict[Key, np.ndarray]:
        """Return the scores on the images themselves: per class (C,), otherwise scalars of shape ()."""
        scores = self.score(np.ones((self.image_count, 1)))
        return {key: value[0] for key, value in scores.items()}

    def score(self, weights: np.ndarray) -> dict[Key, np.ndarray]:
        """Return every score under `weights` (N, B), non-negative counts.

        Keys are (scope, decision, metric). Scope "class" holds (B, C), the others (B,): "macro" (mean over
        the classes where the metric is defined), "weighted" (the same, weighted by positives), "micro" (all
        classes pooled) and "overall" (the headline: the positive class when one probability decides, else the
        macro mean, with accuracy, kappa and MCC of the most probable class for exclusive classes). Decision
        "probability" needs no threshold.
        """
        sums = self._sum_features(weights)
        scores: dict[Key, np.ndarray] = {}
        positives, negatives = sums["positives"], sums["negatives"]
        for name in self.decisions:
            tp, fp = sums[f"tp:{name}"], sums[f"fp:{name}"]
            counts = (tp, fp, negatives - fp, positives - tp)
            self._add(scores, name, rates(*counts), positives)
            pooled = rates(*(count.sum(axis=1) for count in counts))
            scores.update({("micro", name, metric): value for metric, value in pooled.items()})
        total = positives + negatives
        with np.errstate(invalid="ignore", divide="ignore"):
            losses = {name: sums[name] / total for name in ("brier", "log_loss")}
            pooled_losses = {name: sums[name].sum(axis=1) / total.sum(axis=1) for name in losses}
            prevalence = positives / total
        self._add(scores, "probability", {**self._rank_scores(weights), **losses}, positives)
        scores["class", "probability", "prevalence"] = prevalence
        scores["class", "probability", "ece"] = self._calibration_error(sums)
        scores["macro", "probability", "ece"] = mean_defined(scores["class", "probability", "ece"])
        if self._ranked_micro is not None:
            pooled_losses["auroc"], pooled_losses["average_precision"] = self._ranked_micro.score(weights)
        scores.update({("micro", "probability", name): value for name, value in pooled_losses.items()})
        self._add_overall(scores, sums)
        return scores

    def _rank_scores(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        shape = (self.class_count, 2, weights.shape[1])
        ranked = np.array([ranked.score(weights) for ranked in self._ranked] or np.full(shape, np.nan))
        return {"auroc": ranked[:, 0].T, "average_precision": ranked[:, 1].T}

    def _add(
        self, scores: dict[Key, np.ndarray], decision: str, values: dict[str, np.ndarray], support: np.ndarray
    ) -> None:
        for metric, value in values.items():
            scores["class", decision, metric] = value
            scores["macro", decision, metric] = mean_defined(value)
            scores["weighted", decision, metric] = mean_defined(value, support)

    def _add_overall(self, scores: dict[Key, np.ndarray], sums: dict[str, np.ndarray]) -> None:
        wanted = [(name, metric) for name in self.decisions for metric in DECISION_METRICS]
        wanted += [("probability", metric) for metric in (*PROBABILITY_METRICS, "ece")]
        for decision, metric in wanted:
            if self.headline_class is None:
                scores["overall", decision, metric] = scores["macro", decision, metric]
            else:
                scores["overall", decision, metric] = scores["class", decision, metric][:, self.headline_class]
        if self.exclusive:
            matrix = sums["matrix"].T.reshape(self.class_count, self.class_count, -1)
            with np.errstate(invalid="ignore", divide="ignore"):
                for metric, value in matrix_rates(matrix).items():
                    scores["overall", "default", metric] = value
                count = matrix.sum(axis=(0, 1))
                scores["overall", "probability", "log_loss"] = sums["true_log_loss"][:, 0] / count
                scores["overall", "probability", "brier"] = sums["brier"].sum(axis=1) / count
        elif self.task == "multilabel" and self.class_count > 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                for name in self.decisions:
                    exact = sums[f"exact:{name}"][:, 0] / sums["complete"][:, 0]
                    scores["overall", name, "exact_match"] = exact

    def _calibration_error(self, sums: dict[str, np.ndarray]) -> np.ndarray:
        gaps = np.abs(sums["bin_gap"].reshape(-1, ECE_BINS, self.class_count)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return gaps / (sums["positives"] + sums["negatives"])

    def _build_features(self) -> dict[str, np.ndarray]:
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
        for name, called in self.decisions.items():
            features[f"tp:{name}"] = (positive & called).astype(np.float64)
            features[f"fp:{name}"] = (negative & called).astype(np.float64)
            features[f"exact:{name}"] = (complete & (positive == called).all(axis=1)).astype(np.float64)[:, None]
        features["complete"] = complete.astype(np.float64)[:, None]
        if self.exclusive:
            called = self.decisions["default"]
            cells = positive[:, :, None] & called[:, None, :] & complete[:, None, None]
            features["matrix"] = cells.reshape(self.image_count, -1).astype(np.float64)
            features["true_log_loss"] = (features["log_loss"] * positive).sum(axis=1, keepdims=True)
        self._widths = {name: column.shape[1] for name, column in features.items()}
        return {"all": np.concatenate(list(features.values()), axis=1)}

    def _sum_features(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        features = self._features["all"]
        if weights.dtype == np.float32:
            if self._features32 is None:
                self._features32 = features.astype(np.float32)
            features = self._features32
        summed = (weights.T @ features).astype(np.float64, copy=False)
        edges = np.cumsum(list(self._widths.values()))[:-1]
        return dict(zip(self._widths, np.split(summed, edges, axis=1), strict=True))

    def _rank(self, index: int) -> RankedScores:
        rows = np.flatnonzero(self.truth[:, index] != IGNORED)
        return RankedScores(
            self.truth[rows, index] == 1,
            self.probabilities[rows, index],
            rows=rows,
            weight_rows=self.image_count,
        )

    def _rank_all(self) -> RankedScores:
        rows, columns = np.nonzero(self.truth != IGNORED)
        positive, scores = self.truth[rows, columns] == 1, self.probabilities[rows, columns]
        return RankedScores(positive, scores, rows=rows, weight_rows=self.image_count)
