"""Evaluate one model's predictions: the content of metrics.json, without files or figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle import __version__
from radiobundle.evaluation.choices import choose_splits, choose_thresholds
from radiobundle.evaluation.estimates import Estimate, Evaluation, describe, estimate, evaluate
from radiobundle.evaluation.fitting.calibration import Calibration, fit_calibration
from radiobundle.evaluation.fitting.calibration_maps import METHODS
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.groups import evaluate_groups, group_values
from radiobundle.evaluation.metrics.confusion import confusion_matrix
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.origin import Origin
from radiobundle.evaluation.per_thousand import per_thousand
from radiobundle.evaluation.predictions.shared_patients import shared_patient_notes
from radiobundle.evaluation.predictions.studies import OverViews, Unit, judged_by
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import IGNORED, Task

SCHEMA = "radiobundle-metrics/1"
_THRESHOLDS = ("rule", "fitted_on", "image_count", "values", "notes")
_MATRIX = ("row_names", "column_names", "counts", "row_normalised", "recall", "precision", "images", "rule")


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """How predictions are read and evaluated.

    Args:
        thresholds: thresholds to use instead of fitting.
        groups: columns to report by.
        bootstrap: number of resamples; 0 for none.
        seed: seed of the resampling.
        fit_rule: see `thresholds.best_threshold`.
        prevalence: prevalence for the summary out of 1,000 patients; default: that of the reported images.
        task: see `read_predictions`.
        column_map: see `read_predictions`.
        by, over_views: see `judged_by`.

    Raises:
        ValueError: the number of resamples is negative.
    """

    thresholds: str | Path | Thresholds | None = None
    groups: Sequence[str] = ()
    bootstrap: int = 1000
    seed: int = 0
    fit_rule: str = "youden"
    prevalence: float | None = None
    task: Task | None = None
    column_map: Mapping[str, str] | None = None
    by: Unit = "image"
    over_views: OverViews = "max"

    def __post_init__(self) -> None:
        if self.bootstrap < 0:
            raise ValueError(f"`bootstrap` is {self.bootstrap}; give the number of resamples, or 0 for none")


@dataclass(frozen=True)
class Judgement:
    """The result of an evaluation.

    Attributes:
        metrics: the content of metrics.json, described in docs/metrics.md.
        headline: the evaluation shown in the figures.
        thresholds: thresholds that were fitted here; None: they were given, or there are none.
        calibration: the calibration fitted here, if there are validation rows.
    """

    metrics: dict[str, Any]
    headline: Evaluation
    thresholds: Thresholds | None
    calibration: Calibration | None


def judge(
    table: Predictions,
    options: ReportOptions,
    *,
    file: str | None = None,
    checksum: str | None = None,
    origin: Origin | None = None,
) -> Judgement:
    """Evaluate predictions.

    With validation and test rows, thresholds and calibration are fitted on validation and the headline is test, both at
    the default decision and at the fitted thresholds. A single split is reported as it is, with notes on what is
    missing.

    Args:
        table: the predictions.
        options: options of the evaluation.
        file: name of the predictions file.
        checksum: SHA-256 of that file.
        origin: of the predictions.

    Raises:
        ValueError: a column of `groups` does not exist, or the thresholds do not match the labels.
    """
    origin = origin or Origin()
    table, judged = judged_by(table, options.by, options.over_views)
    headline, reported = choose_splits(table)
    facts = table.of_split(headline).groups  # looked at first, because a mistyped column is to fail before the work
    group_notes = [note for column in options.groups for note in group_values(facts, column)[1]]
    chosen = choose_thresholds(table, options.thresholds, rule=options.fit_rule, checksum=checksum)
    if chosen is not None and options.thresholds is not None and chosen.by != judged.unit:
        raise ValueError(
            f"`thresholds` were fitted by {chosen.by}, but the predictions are judged by {judged.unit}; fit them again"
        )
    calibration = None
    if "validation" in table.split_names:
        calibration = replace(fit_calibration(table.of_split("validation")), weights_sha256=origin.weights_sha256)
    sampling: dict[str, Any] = {"thresholds": chosen, "resamples": options.bootstrap, "seed": options.seed}
    evaluations = {name: evaluate(table.of_split(name), **sampling) for name in reported}
    metrics: dict[str, Any] = {
        "schema": SCHEMA,
        "radiobundle_version": __version__,
        "predictions": {"file": file, "sha256": checksum},
        **origin.to_json(),
        "judged": vars(judged),
        "task": table.task,
        "labels": list(table.labels),
        "positive_label": table.positive_label,
        "headline_split": headline,
        "notes": [
            *origin.notes(),
            *table.notes,
            *shared_patient_notes(table),
            *judged.notes(),
            *_notes(table, headline, chosen, reported, origin.weights_sha256),
            *group_notes,
            *(calibration.notes() if calibration is not None else []),
        ],
        "thresholds": None if chosen is None else {name: getattr(chosen, name) for name in _THRESHOLDS},
        "splits": {name: _describe_split(found, calibration) for name, found in evaluations.items()},
        "groups": {column: evaluate_groups(table.of_split(headline), column, **sampling) for column in options.groups},
    }
    metrics["per_1000_patients"] = _per_thousand(evaluations[headline], options.prevalence)
    fitted = None
    if chosen is not None and options.thresholds is None:
        fitted = replace(chosen, weights_sha256=origin.weights_sha256, by=judged.unit)
    return Judgement(plain(metrics), evaluations[headline], fitted, calibration)


def plain(value: Any) -> Any:
    """Return `value` in JSON types: estimates and numpy types become plain, undefined numbers become None."""
    if isinstance(value, (Estimate, np.ndarray, np.generic)):
        return plain(value.to_json() if isinstance(value, Estimate) else value.tolist())
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _notes(
    table: Predictions, headline: str, chosen: Thresholds | None, reported: list[str], weights_sha256: str | None
) -> list[str]:
    notes = []
    if "test" not in table.split_names:
        notes.append(f"There are no test rows: these are {headline} results, and model selection may have used them.")
    if chosen is None:
        notes.append(
            "There are no validation rows and no thresholds were given: only the default decision (0.5, or the most "
            "probable class) is reported, and calibration cannot be fitted."
        )
    elif chosen.fitted_on in reported:
        notes.append(f"Results on {chosen.fitted_on} at the fitted thresholds are optimistic: fitted on those rows.")
    if table.patient_ids is None:
        notes.append("There is no patient_id: intervals treat images as independent and may be too narrow.")
    one_each = (table.truth != IGNORED).all() and (table.truth.sum(axis=1) == 1).all()
    if table.task == "multilabel" and len(table.labels) > 1 and one_each:
        notes.append(
            "Every image has exactly one true label, but the labels are evaluated one by one; if they exclude each "
            "other, use task multiclass and probabilities that sum to 1."
        )
    if not table.rule.uses_thresholds:
        notes.append("The most probable class is predicted; thresholds are reported one versus rest.")
    if "training" in table.split_names and "training" not in reported:
        notes.append("Training rows are not reported.")
    if chosen is not None and weights_sha256 and chosen.weights_sha256 not in (None, weights_sha256):
        notes.append("The given thresholds were fitted for other weights than those that made these predictions.")
    return notes


def _describe_split(found: Evaluation, calibration: Calibration | None) -> dict[str, Any]:
    result = describe(found)
    predictions = found.predictions
    result["confusion"] = {}
    for decision, predicted in found.scorer.predicted.items():
        if not found.rule.is_decision(decision):
            continue
        matrix = confusion_matrix(predictions.truth, predicted, labels=predictions.labels, task=predictions.task)
        result["confusion"][decision] = {name: getattr(matrix, name) for name in _MATRIX}
    if calibration is not None:
        result["calibration"] = _describe_calibration(found, calibration)
    return result


def _describe_calibration(found: Evaluation, calibration: Calibration) -> dict[str, Any]:
    """Return macro ECE, Brier score and log loss of raw and calibrated probabilities."""
    result: dict[str, Any] = {"fitted_on": calibration.fitted_on, "recommended": calibration.recommended, "macro": {}}
    raw = found.predictions
    for method in ("raw", *METHODS):
        changed = replace(raw, probabilities=calibration.apply(raw.probabilities, method=method, labels=raw.labels))
        again = evaluate(changed, resamples=min(found.resamples, 200), seed=found.seed, plan=found.plan, ranking=False)
        result["macro"][method] = {
            name: estimate(again, MetricKey("macro", "probability", name)) for name in ("ece", "brier", "log_loss")
        }
    return result


def _per_thousand(found: Evaluation, prevalence: float | None) -> dict[str, Any]:
    result = {}
    decision = found.shipped_decision
    for index in found.rule.shown_classes:
        sensitivity, specificity = (
            estimate(found, MetricKey("class", decision, name), index=index) for name in ("recall", "specificity")
        )
        observed = found.point[MetricKey("class", "probability", "prevalence")][index]
        assumed = float(observed if prevalence is None else prevalence)
        if np.isfinite(assumed):
            result[found.predictions.labels[index]] = {
                **per_thousand(sensitivity, specificity, prevalence=assumed),
                "decision": decision,
                "prevalence_from": "the reported images" if prevalence is None else "given",
            }
    return result
