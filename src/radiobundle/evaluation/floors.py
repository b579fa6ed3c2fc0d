"""Baselines that a model must beat before its results say anything about the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from radiobundle.evaluation.estimates import Estimate, Evaluation, estimate, evaluate
from radiobundle.evaluation.intervals.bootstrap import percentile_interval
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.labels import IGNORED

COLUMNS = ("view", "sex", "age")
AUROC = MetricKey("overall", "probability", "auroc")
_AGE_GROUPS = 5


def auroc(evaluation: Evaluation) -> Estimate:
    """Return the AUROC that a report begins with: that of the positive class, or the mean over classes."""
    return estimate(evaluation, AUROC)


def auroc_difference(evaluation: Evaluation, reference: Evaluation) -> Estimate:
    """Return the AUROC minus that of other predictions for the same images, paired (on the same resamples)."""
    value = float(evaluation.point[AUROC] - reference.point[AUROC])
    if not np.isfinite(value):
        return Estimate(None, reason="an AUROC is undefined")
    if AUROC not in evaluation.replicates:
        return Estimate(value, method="none")
    low, high = percentile_interval(evaluation.replicates[AUROC] - reference.replicates[AUROC])
    return Estimate(value, float(low), float(high), method="bootstrap percentile")


def shuffled_auroc(predictions: Predictions, *, times: int = 200, seed: int = 0) -> Estimate:
    """Return the AUROC of these probabilities against shuffled truth.

    Its mean is 0.5; its interval shows how far from 0.5 chance alone leads with this number of images. Images are
    shuffled one by one, so with many images per patient, chance leads a little farther than this.
    """
    rng = np.random.default_rng(seed)
    truth = usable_truth(predictions.truth, task=predictions.task)
    classes = predictions.rule.shown_classes
    ranks = {index: rankdata(predictions.probabilities[:, index]) for index in classes}
    found = np.empty((times, len(classes)))
    for again in range(times):
        order = rng.permutation(len(truth))
        found[again] = [_auroc(truth[order, index], ranks[index]) for index in classes]
    with np.errstate(invalid="ignore"):
        means = found[:, ~np.isnan(found).all(axis=0)].mean(axis=1)
    if not means.size or np.isnan(means).all():
        return Estimate(None, reason="no class has positive and negative images")
    low, high = percentile_interval(means)
    return Estimate(float(means.mean()), float(low), float(high), method=f"{times} shuffles")


def metadata_auroc(
    training: pd.DataFrame,
    training_truth: np.ndarray,
    predictions: Predictions,
    *,
    columns: Sequence[str] = COLUMNS,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the AUROC of a logistic regression on facts about the patient, without any image.

    Facts are categories; numbers (age) are cut at the quintiles of the training images; unknown is a category too.

    Args:
        training: facts about the training images, N rows.
        training_truth: (N, C) of 1, 0, -1.
        predictions: predictions to score on; their `groups` hold the facts.
        columns: columns to use; columns that are absent or constant are named and left out.
        resamples: number of resamples for the interval.
        seed: seed of the resampling.

    Returns:
        `auroc`, an `Estimate`; the `columns` used, those `absent`, and the number of training `images`.
    """
    both = [name for name in columns if name in training and name in predictions.groups]
    used = {
        name: (training[name], predictions.groups[name]) for name in both if training[name].nunique(dropna=False) > 1
    }
    told = {"columns": list(used), "absent": [name for name in columns if name not in used], "images": len(training)}
    if not used:
        return {**told, "auroc": Estimate(None, reason=f"the datalist does not contain {', '.join(columns)}")}
    pairs = [_as_categories(*pair) for pair in used.values()]
    encoder = OneHotEncoder(handle_unknown="ignore")
    known = encoder.fit_transform(np.stack([pair[0] for pair in pairs], axis=1))
    asked = encoder.transform(np.stack([pair[1] for pair in pairs], axis=1))
    truth = usable_truth(training_truth, task=predictions.task)
    probabilities = np.stack([_fit(known, column, asked) for column in truth.T], axis=1)
    if predictions.task == "multiclass":
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    scored = evaluate(replace(predictions, probabilities=probabilities), resamples=resamples, seed=seed)
    return {**told, "auroc": auroc(scored)}


def _auroc(truth: np.ndarray, ranks: np.ndarray) -> float:
    known = truth != IGNORED
    if not known.all():
        truth, ranks = truth[known], rankdata(ranks[known])
    positives = int((truth == 1).sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    return float((ranks[truth == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _as_categories(training: pd.Series, asked: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    numbers = [pd.to_numeric(column, errors="coerce") for column in (training, asked)]
    if numbers[0].notna().any() and numbers[0].notna().sum() == training.notna().sum():
        edges = np.unique(np.nanquantile(numbers[0], np.linspace(0, 1, _AGE_GROUPS + 1)[1:-1]))
        groups = [np.where(column.isna(), "unknown", np.digitize(column, edges).astype(str)) for column in numbers]
        return groups[0], groups[1]
    texts = [column.astype(object).where(column.notna(), "unknown").astype(str) for column in (training, asked)]
    return texts[0].to_numpy(str), texts[1].to_numpy(str)


def _fit(known: Any, truth: np.ndarray, asked: Any) -> np.ndarray:
    """Return the probability of one label; if it is the same for all images, its frequency."""
    rows = np.flatnonzero(truth != IGNORED)
    if len(np.unique(truth[rows])) < 2:
        return np.full(asked.shape[0], float((truth[rows] == 1).mean()) if len(rows) else 0.5)
    fitted = LogisticRegression(max_iter=1000).fit(known[rows], truth[rows])
    return fitted.predict_proba(asked)[:, 1]
