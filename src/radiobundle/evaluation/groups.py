"""The same metrics in each group: sex, age band, view, source, or any column."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.stats.contingency import association

from radiobundle.evaluation.estimates import Evaluation, describe, evaluate
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.intervals.bootstrap import percentile_interval
from radiobundle.evaluation.metrics.ranking import RankedScores
from radiobundle.evaluation.metrics.rates import mean_defined
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import IGNORED
from radiobundle.suggest import did_you_mean

AGE_EDGES_YEARS = (0, 18, 40, 60, 80)
UNKNOWN, OTHER = "(unknown)", "(other)"
MIN_PER_CLASS = 10
_MOST_GROUPS = 20
_COMPARED = (("probability", "auroc"), ("decision", "recall"), ("decision", "specificity"), ("decision", "precision"))


def group_values(groups: pd.DataFrame, column: str) -> np.ndarray:
    """Return the group name of each row, (N,) of str.

    `age` (years) becomes the bands 0-17, 18-39, 40-59, 60-79, 80+; another numeric column with more than 10
    values becomes quartiles; beyond 20 names, the rarest become "(other)"; missing values become "(unknown)".

    Raises:
        ValueError: there is no such column; the message suggests the nearest.

    >>> group_values(pd.DataFrame({"age": [12, 45, None]}), "age").tolist()
    ['0-17', '40-59', '(unknown)']
    """
    if column not in groups:
        known = [str(name) for name in groups]
        there = f"there are {', '.join(known)}" if known else "the file has no group column"
        raise ValueError(f"no column {column!r} to group by; {there}{did_you_mean(column, known)}")
    values = groups[column]
    if column.lower() == "age":
        values = pd.to_numeric(values.astype(object), errors="coerce")
        names = [f"{low}-{high - 1}" for low, high in pairwise(AGE_EDGES_YEARS)]
        values = pd.cut(values, [*AGE_EDGES_YEARS, np.inf], right=False, labels=[*names, f"{AGE_EDGES_YEARS[-1]}+"])
    elif is_numeric_dtype(values) and values.nunique() > 10:
        values = pd.qcut(values, 4, duplicates="drop").astype(str).where(values.notna())
    elif is_numeric_dtype(values):
        values = values.map("{:g}".format, na_action="ignore")
    found = values.astype(object).where(values.notna(), UNKNOWN).astype(str).to_numpy(dtype=object)
    found[(found == "") | (found == "nan")] = UNKNOWN
    counts = pd.Series(found).value_counts()
    if len(counts) > _MOST_GROUPS:
        found[~np.isin(found.astype(str), list(counts.index[: _MOST_GROUPS - 1]))] = OTHER
    return found


def evaluate_groups(
    predictions: Predictions, column: str, *, thresholds: Thresholds | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return for one column: each group's metrics, the largest gaps, and the group x label table.

    A gap compares only groups with at least 10 positive and 10 negative images. Its interval comes from independent
    resamples of the groups, and is widened because the largest of all pairs was picked (Bonferroni); a gap is flagged
    when that interval excludes 0.
    """
    values = group_values(predictions.groups, column)
    parts = {
        name: evaluate(predictions.subset(values == name), thresholds=thresholds, resamples=resamples, seed=seed + at)
        for at, name in enumerate(sorted(set(values)))
    }
    decision = predictions.rule.shipped(has_thresholds=thresholds is not None)
    described = {}
    for name, part in parts.items():
        whole = describe(part)
        described[name] = {key: whole[key] for key in ("images", "patients", "overall", "per_class")}
        described[name]["compared"] = _is_large(part)
    return {
        "column": column,
        "decision": decision,
        "groups": described,
        "gaps": [_largest_gap(parts, (scope, metric), decision) for scope, metric in _COMPARED],
        "label_table": label_table(predictions, values),
    }


def label_table(predictions: Predictions, values: np.ndarray) -> dict[str, Any]:
    """Return group x label: does the model detect the disease or the hospital?

    For each label: `cramers_v` (0 = label and group are unrelated), `auroc_of_group_alone` (how well the
    label can be guessed from the group alone), and for each group the positives, prevalence, mean
    probability on images without the label (which should not depend on the group) and AUROC within the group.
    """
    names = sorted(set(values))
    table: dict[str, Any] = {}
    for index, label in enumerate(predictions.labels):
        known = predictions.truth[:, index] != IGNORED
        positive, group = predictions.truth[known, index] == 1, values[known]
        scores = predictions.probabilities[known, index]
        rows = {name: _table_row(positive[group == name], scores[group == name]) for name in names}
        counts = np.array([[row["positives"], row["images"] - row["positives"]] for row in rows.values()])
        counts = counts[counts.sum(axis=1) > 0]
        both = len(counts) > 1 and (counts.sum(axis=0) > 0).all()
        alone = None
        if both:
            prevalence = np.array([rows[name]["prevalence"] for name in group], dtype=np.float64)
            alone = _auroc(positive, prevalence)
        table[label] = {
            "cramers_v": float(association(counts, method="cramer")) if both else None,
            "auroc_of_group_alone": alone,
            "auroc_pooled": _auroc(positive, scores),
            "groups": rows,
        }
    return table


def _table_row(positive: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    return {
        "images": len(positive),
        "positives": int(positive.sum()),
        "prevalence": float(positive.mean()) if len(positive) else None,
        "mean_probability_without_label": float(scores[~positive].mean()) if (~positive).any() else None,
        "auroc": _auroc(positive, scores),
    }


def _auroc(positive: np.ndarray, scores: np.ndarray) -> float | None:
    if not positive.any() or positive.all():
        return None
    return float(RankedScores(positive, scores).score(np.ones((len(positive), 1)))[0][0])


def _is_large(part: Evaluation) -> bool:
    truth = part.scorer.truth[:, part.rule.shown_classes]
    return bool(((truth == 1).sum(axis=0) >= MIN_PER_CLASS).any() and ((truth == 0).sum(axis=0) >= MIN_PER_CLASS).any())


def _largest_gap(parts: dict[str, Evaluation], which: tuple[str, str], decision: str) -> dict[str, Any]:
    scope, metric = which
    key = MetricKey("class", scope if scope == "probability" else decision, metric)
    large = [name for name, part in parts.items() if _is_large(part)]
    shared = _shared_classes([parts[name] for name in large])
    values = {name: float(mean_defined(parts[name].point[key][shared])) for name in large} if shared else {}
    values = {name: value for name, value in values.items() if np.isfinite(value)}
    if len(values) < 2:
        reason = f"fewer than two groups with {MIN_PER_CLASS} positive and {MIN_PER_CLASS} negative images"
        return {"metric": metric, "value": None, "low": None, "high": None, "reason": reason, "flagged": False}
    best, worst = max(values, key=lambda name: values[name]), min(values, key=lambda name: values[name])
    result: dict[str, Any] = {
        "metric": metric,
        "best": best,
        "worst": worst,
        "classes": len(shared),
        "value": values[best] - values[worst],
        "low": None,
        "high": None,
        "flagged": False,
    }
    if key in parts[best].replicates:
        resampled = [mean_defined(parts[name].replicates[key][:, shared]) for name in (best, worst)]
        pairs = len(list(combinations(values, 2)))
        low, high = percentile_interval(resampled[0] - resampled[1], level=1 - 0.05 / pairs)
        result.update(low=float(low), high=float(high), method="bootstrap percentile, Bonferroni over pairs")
        result["flagged"] = bool(low > 0)
    return result


def _shared_classes(parts: list[Evaluation]) -> list[int]:
    """Return the shown classes with enough images in every group, so that means compare like with like."""
    if not parts:
        return []
    return [
        index
        for index in parts[0].rule.shown_classes
        if all((part.scorer.truth[:, index] == value).sum() >= MIN_PER_CLASS for part in parts for value in (0, 1))
    ]
