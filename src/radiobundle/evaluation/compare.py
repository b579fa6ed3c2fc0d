"""Several models on the same images, as paired differences with intervals: the content of compare.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from radiobundle import __version__
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.estimates import Evaluation, delong_of, evaluate
from radiobundle.evaluation.intervals.bootstrap import percentile_interval, plan_resampling
from radiobundle.evaluation.judging import plain
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.predictions.pairing import align
from radiobundle.evaluation.predictions.relabel import relabel
from radiobundle.evaluation.predictions.studies import OverViews, Unit
from radiobundle.evaluation.runs import Run, load_run
from radiobundle.files import file_sha256, read_json
from radiobundle.labels import Task

SCHEMA = "radiobundle-compare/1"
MIN_RESAMPLES = 100
_NO_VARIANCE = 1e-12  # so few images that all resamples agree, from which nothing follows about others
COMPARED = {
    "probability": ("auroc", "average_precision", "brier", "log_loss", "ece"),
    "default": ("accuracy", "precision", "recall", "specificity", "f1", "balanced_accuracy", "bcr", "mcc"),
}


def compare_runs(
    runs: Sequence[str | Path],
    *,
    split: str | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    task: Task | None = None,
    column_map: Mapping[str, str] | None = None,
    by: Unit = "image",
    over_views: OverViews = "max",
    relabelled: str | Path | None = None,
) -> dict[str, Any]:
    """Compare models with the first one as reference, or one model with itself under other labels.

    Every model is scored on the same resamples of the same patients (or images), so that what makes an image
    hard cancels out of the difference. A bootstrap p-value is twice the smaller fraction of resamples on either
    side of 0 (with one added to each count); AUROC differences are also tested after DeLong, and those
    p-values are adjusted over the classes after Holm. Decisions at fitted thresholds are compared when every
    run has some: its thresholds.json, or validation rows in its predictions.

    Args:
        runs: two or more folders that hold a predictions.csv, or such files; with `relabelled` one.
        split: which images; default test, or the only split.
        bootstrap: number of resamples, at least 100.
        seed: seed of the resampling.
        task: see `read_predictions`.
        column_map: see `read_predictions`.
        by, over_views: see `judged_by`.
        relabelled: a datalist with corrected or other labels of the same images: the run's own labels are the
            reference. What only one version judges is left out; DeLong's test, which needs one truth, is not made.

    Returns:
        the content of compare.json, described in docs/metrics.md: `runs` and `differences` by name of the run.

    Raises:
        ValueError: fewer than two runs, or the runs differ in images, labels, truth or task; the message says how.
        OSError: a file cannot be read.
    """
    if relabelled is None and len(runs) < 2:
        raise ValueError("compare needs at least two runs, the first being the reference, or one and `relabelled`")
    if relabelled is not None and (len(runs) != 1 or by != "image"):
        raise ValueError("`relabelled` is for one run, image by image")
    if bootstrap < MIN_RESAMPLES:
        raise ValueError(f"`bootstrap` is {bootstrap}; differences need at least {MIN_RESAMPLES} resamples")
    reading: dict[str, Any] = {"split": split, "task": task, "column_map": column_map}
    loaded = [load_run(run, **reading, by=by, over_views=over_views) for run in runs]
    noted: dict[str, Any] = {}
    if relabelled is None:
        names = distinct_names([run.path for run in loaded])
        tables = align([run.predictions for run in loaded], names=names)
    else:
        names = ["the run's labels", f"labels of {Path(relabelled).name}"]
        mapping = _label_map(loaded[0].path)
        found = relabel(loaded[0].predictions, read_datalist(relabelled), name=str(relabelled), label_map=mapping)
        tables, loaded = [found.before, found.after], loaded * 2
        counts = {"images_left_out": found.images_left_out, "labels": found.changes}
        noted = {"relabelled": {"datalist": Path(relabelled).name, "sha256": file_sha256(relabelled), **counts}}
    plan = plan_resampling(tables[0].truth, patient_ids=tables[0].patient_ids)
    all_fitted = all(run.thresholds is not None for run in loaded)
    sampling: dict[str, Any] = {"resamples": bootstrap, "seed": seed, "plan": plan, "micro": False}
    scored = {
        name: evaluate(table, thresholds=run.thresholds if all_fitted else None, **sampling)
        for name, table, run in zip(names, tables, loaded, strict=True)
    }
    return plain(
        {
            "schema": SCHEMA,
            "radiobundle_version": __version__,
            "split": str(tables[0].splits[0]),
            "judged_by": loaded[0].judged.unit,
            "images": len(tables[0]),
            "labels": list(tables[0].labels),
            "task": tables[0].task,
            "positive_label": tables[0].positive_label,
            "resampling": plan.describe("paired bootstrap percentile", resamples=bootstrap, seed=seed),
            "reference": names[0],
            "fitted_thresholds_compared": all_fitted,
            "notes": _notes(loaded, all_fitted=all_fitted),
            **noted,
            "runs": {name: _describe_run(run) for name, run in scored.items()},
            "differences": {name: _differences(scored[name], scored[names[0]]) for name in names[1:]},
        }
    )


def _notes(runs: Sequence[Run], *, all_fitted: bool) -> list[str]:
    """Return what was found in each file, and that fitted thresholds of only some runs are not compared."""
    notes = list(dict.fromkeys(f"{run.path}: {note}" for run in runs for note in run.notes))
    without = [str(run.path) for run in runs if run.thresholds is None]
    if without and not all_fitted and len(without) < len(runs):
        notes.append(f"Decisions at fitted thresholds are not compared: there are none for {', '.join(without)}.")
    return notes


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for their number after Holm (1979).

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    adjusted, worst = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        worst = max(worst, min(1.0, p_values[name] * (len(p_values) - rank)))
        adjusted[name] = worst
    return {name: adjusted[name] for name in p_values}


def paired_difference(value: float, resampled: np.ndarray, *, extrapolate: bool = False) -> dict[str, Any]:
    """Return a difference with its percentile interval and its p-value, see `compare_runs`.

    Args:
        value: on the images themselves.
        resampled: (B,) on the resamples that both models were scored on; NaN where undefined.
        extrapolate: where no resample lies on the other side of 0, take the p-value from a normal distribution with the
            resamples' standard deviation, if that is smaller and they differ at all: B resamples alone give none below
            2 / (B + 1), which is never significant among more than B / 40 comparisons.

    >>> found = paired_difference(0.1, np.linspace(0.0, 0.2, 101))
    >>> round(found["low"], 3), round(found["p"], 3)
    (0.005, 0.039)
    """
    resampled = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or not len(resampled):
        return {"value": None, "low": None, "high": None, "p": None, "reason": "undefined in a run"}
    low, high = map(float, percentile_interval(resampled))
    tail = min((resampled <= 0).sum(), (resampled >= 0).sum())
    p = min(1.0, 2 * (1 + int(tail)) / (1 + len(resampled)))
    if extrapolate and not tail and np.ptp(resampled) > _NO_VARIANCE:
        p = min(p, float(2 * norm.sf(abs(value) / float(resampled.std(ddof=1)))))
    return {"value": value, "low": low, "high": high, "p": p, "method": "paired bootstrap percentile"}


def _label_map(predictions_csv: Path) -> dict[str, str | None] | None:
    """Return how a run mapped the labels of its datalist to its own; None: not at all, or nobody knows."""
    manifest = predictions_csv.with_name("run.json")
    config = read_json(manifest, fix="train again").get("config") if manifest.is_file() else None
    return (config or {}).get("label_map")


def _keys(run: Evaluation, scope: str) -> list[MetricKey]:
    parts = {**COMPARED, "fitted": COMPARED["default"]}
    compared = [part for part in parts if part == "probability" or part in run.scorer.predicted]
    shown = [part for part in compared if scope == "class" or part == "probability" or run.rule.is_decision(part)]
    return [MetricKey(scope, part, metric) for part in shown for metric in parts[part]]


def _describe_run(run: Evaluation) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in _keys(run, "overall"):
        low, high = percentile_interval(run.replicates[key])
        result.setdefault(key.decision, {})[key.metric] = {"value": run.point[key], "low": low, "high": high}
    return result


def _differences(run: Evaluation, reference: Evaluation) -> dict[str, Any]:
    overall: dict[str, Any] = {}
    per_class: dict[str, Any] = {label: {} for label in run.predictions.labels}
    for key in _keys(run, "overall"):
        overall.setdefault(key.decision, {})[key.metric] = _difference(run, reference, key, None)
    for key in _keys(run, "class"):
        for index, label in enumerate(run.predictions.labels):
            per_class[label].setdefault(key.decision, {})[key.metric] = _difference(run, reference, key, index)
    tests = {label: _delong_test(run, reference, index) for index, label in enumerate(run.predictions.labels)}
    asked = [run.predictions.labels[index] for index in run.rule.shown_classes]
    adjusted = holm({label: p for label in asked if (p := tests[label]["p"]) is not None})
    for label, test in tests.items():  # the other one of two exclusive classes has the same test
        p_holm = adjusted.get(label if label in asked else asked[0])
        per_class[label]["probability"]["auroc"]["delong"] = {**test, "p_holm": p_holm}
    return {"overall": overall, "per_class": per_class}


def _difference(run: Evaluation, reference: Evaluation, key: MetricKey, index: int | None) -> dict[str, Any]:
    at = () if index is None else (index,)
    rows = (slice(None), *at)
    value = float(run.point[key][at] - reference.point[key][at])
    return paired_difference(value, run.replicates[key][rows] - reference.replicates[key][rows])


def _delong_test(run: Evaluation, reference: Evaluation, index: int) -> dict[str, Any]:
    if not np.array_equal(run.scorer.truth[:, index], reference.scorer.truth[:, index]):
        return {"low": None, "high": None, "p": None, "reason": "the truth differs"}
    if (found := delong_of(index, run, reference)) is None:
        return {"low": None, "high": None, "p": None, "reason": "no positive or no negative image"}
    difference = found.auroc[0] - found.auroc[1]
    variance = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
    if not variance > 1e-15:
        certain = 1.0 if abs(difference) < 1e-12 else None
        return {"low": None, "high": None, "p": certain, "reason": "the difference has no variance"}
    step = norm.ppf(0.975) * np.sqrt(variance)
    p = float(2 * norm.sf(abs(difference) / np.sqrt(variance)))
    return {"low": difference - step, "high": difference + step, "p": p}


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return the shortest endings of the paths (folders of predictions.csv) that distinguish the runs."""
    folders = [path.parent if path.name == "predictions.csv" else path.with_suffix("") for path in paths]
    for depth in range(1, max(len(folder.parts) for folder in folders) + 1):
        names = ["/".join(folder.parts[-depth:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    return [f"run {at + 1}" for at in range(len(paths))]
