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
from radiobundle.sources.ages import age_years
from radiobundle.sources.identifiers import tidy_text
from radiobundle.sources.one_spelling import joined_note, one_spelling, wordless_note
from radiobundle.sources.spelling import spelling_key
from radiobundle.suggest import did_you_mean
from radiobundle.words import counted

AGE_EDGES_YEARS = (0, 18, 40, 60, 80)
UNKNOWN, OTHER = "(unknown)", "(other)"
MIN_PER_CLASS = 10
_MOST_GROUPS = 20
_COMPARED = (("probability", "auroc"), ("decision", "recall"), ("decision", "specificity"), ("decision", "precision"))


def group_values(groups: pd.DataFrame, column: str) -> tuple[np.ndarray, list[str]]:
    """Return the group name of each row, (N,) of str, and notes on what was joined or is unknown.

    `age` (years, or as DICOM and tables write it) becomes the bands 0-17, 18-39, 40-59, 60-79, 80+; another numeric
    column with more than 10 values becomes quartiles; spellings of a text that differ in case, hidden characters or
    spaces become the most frequent one; beyond 20 names, the rarest become "(other)"; missing values and words for
    them become "(unknown)".

    Raises:
        ValueError: there is no such column; the message suggests the nearest.

    >>> group_values(pd.DataFrame({"age": ["012Y", "45", None]}), "age")
    (array(['0-17', '40-59', '(unknown)'], dtype=object), ["column 'age': 1 of 3 values is unknown."])
    """
    if column not in groups:
        known = [str(name) for name in groups]
        there = f"there are {', '.join(known)}" if known else "the file has no group column"
        raise ValueError(f"no column {column!r} to group by; {there}{did_you_mean(column, known)}")
    values, what = groups[column], f"column '{column}'"
    notes: list[str] = []
    if column.lower() == "age":
        values, notes = _age_bands(values, what)
    elif is_numeric_dtype(values) and values.nunique() > 10:
        values = pd.qcut(values, 4, duplicates="drop").astype(str).where(values.notna())
    elif is_numeric_dtype(values):
        values = values.map("{:g}".format, na_action="ignore")
    else:
        spelled = one_spelling(values, tidy=tidy_text, key=spelling_key)
        values = spelled.values
        notes = [
            *joined_note(f"{what}: values", spelled.several),
            *wordless_note(f"{what}: values that say nothing", spelled.wordless),
        ]
    found = values.astype(object).where(values.notna(), UNKNOWN).astype(str).to_numpy(dtype=object)
    if unknown := int((found == UNKNOWN).sum()):
        verb = "is" if unknown == 1 else "are"
        notes.append(f"{what}: {unknown:,} of {counted(len(found), 'value')} {verb} unknown.")
    counts = pd.Series(found).value_counts()
    if len(counts) > _MOST_GROUPS:
        found[~np.isin(found.astype(str), list(counts.index[: _MOST_GROUPS - 1]))] = OTHER
    return found, notes


def _age_bands(cells: pd.Series, what: str) -> tuple[pd.Series, list[str]]:
    """Return the band of each age, NaN where it is unknown, and a note on cells that are no ages."""
    spelled = one_spelling(cells, tidy=lambda cell: str(cell) if _is_age(cell) else None, key=str)
    years = spelled.values.map({text: age_years(text) for text in spelled.values.dropna().unique()}).astype(float)
    names = [f"{low}-{high - 1}" for low, high in pairwise(AGE_EDGES_YEARS)]
    bands = pd.cut(years, [*AGE_EDGES_YEARS, np.inf], right=False, labels=[*names, f"{AGE_EDGES_YEARS[-1]}+"])
    return bands, wordless_note(f"{what}: values that are no age", spelled.wordless)


def _is_age(cell: object) -> bool:
    try:
        return bool(np.isfinite(age_years(cell)))
    except ValueError:
        return False


def evaluate_groups(
    predictions: Predictions, column: str, *, thresholds: Thresholds | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return for one column: each group's metrics, the largest gaps, and the group x label table.

    A gap compares only groups with at least 10 positive and 10 negative images. Its interval comes from independent
    resamples of the groups, and is widened because the largest of all pairs was picked (Bonferroni); a gap is flagged
    when that interval excludes 0.
    """
    values, _ = group_values(predictions.groups, column)
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
        prevalence = np.array([rows[name]["prevalence"] for name in group], dtype=np.float64)
        table[label] = {
            "cramers_v": float(association(counts, method="cramer")) if both else None,
            "auroc_of_group_alone": _auroc(positive, prevalence) if both else None,
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
