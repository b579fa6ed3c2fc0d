"""The figures of a report, each plotted from one evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radiobundle.evaluation.estimates import Evaluation, describe
from radiobundle.evaluation.fitting.calibration import Calibration
from radiobundle.evaluation.intervals.wilson import wilson_interval
from radiobundle.evaluation.metrics.confusion import confusion_matrix
from radiobundle.evaluation.metrics.reliability import reliability
from radiobundle.evaluation.metrics.scorer import MetricKey
from radiobundle.evaluation.metrics.threshold_curves import Curve, counts_by_threshold, roc_and_pr
from radiobundle.labels import IGNORED
from radiobundle.reporting.confusion_figure import plot_confusion
from radiobundle.reporting.document import ReportFigure
from radiobundle.reporting.forest_figure import plot_forest
from radiobundle.reporting.style import (
    BLACK,
    BLUE,
    GRAY,
    GREEN,
    LEGEND_INCH,
    PURPLE,
    RED,
    legend_below,
    panels,
    save,
    tidy,
)

_BAND_RESAMPLES = 200


def plot_report_figures(
    evaluation: Evaluation, folder: Path, *, calibration: Calibration | None = None
) -> list[ReportFigure]:
    """Plot every figure into `folder` and return them in reading order."""
    described = describe(evaluation)
    curves = {
        index: roc_and_pr(
            evaluation.scorer.truth[:, index],
            evaluation.scorer.probabilities[:, index],
            evaluation.plan,
            resamples=min(evaluation.resamples, _BAND_RESAMPLES),
            seed=evaluation.seed,
        )
        for index in evaluation.rule.shown_classes
    }
    band = "bands: pointwise 95 %" if evaluation.resamples else "no bands: no resamples"
    plotted = [
        (
            "forest.png",
            plot_forest(evaluation, described),
            "AUROC and average precision with 95 % intervals; dotted lines: no skill",
        ),
        ("roc.png", plot_curves(evaluation, curves, kind="roc"), f"ROC curves ({band})"),
        ("precision_recall.png", plot_curves(evaluation, curves, kind="pr"), f"Precision-recall curves ({band})"),
        ("thresholds.png", plot_trade_off(evaluation), "Sensitivity, specificity and precision by threshold"),
        ("histograms.png", plot_histograms(evaluation), "Raw probabilities of images with and without the label"),
        (
            "reliability.png",
            plot_reliability(evaluation, calibration),
            "Reliability: observed fraction by predicted probability, with 95 % Wilson intervals; above: number of "
            "images in each bin of the raw probability",
        ),
    ]
    figures = [ReportFigure(save(figure, folder / name), caption) for name, figure, caption in plotted]
    return figures + _plot_confusions(evaluation, folder)


def plot_curves(evaluation: Evaluation, curves: dict[int, tuple[Curve, Curve]], *, kind: str) -> Figure:
    """ROC ("roc") or precision-recall ("pr") of each shown class, with its band and its operating points."""
    figure, axes = panels(len(evaluation.rule.shown_classes), legend_inch=LEGEND_INCH)
    for axis, index in zip(axes, evaluation.rule.shown_classes, strict=True):
        curve = curves[index][0 if kind == "roc" else 1]
        metric = "auroc" if kind == "roc" else "average_precision"
        value = evaluation.point[MetricKey("class", "probability", metric)][index]
        name = "AUROC" if kind == "roc" else "AP"
        words = ("1 − specificity", "sensitivity") if kind == "roc" else ("recall", "precision")
        tidy(axis, title=evaluation.predictions.labels[index], xlabel=words[0], ylabel=words[1])
        if not np.isfinite(value):
            _say_undefined(axis)
            continue
        axis.fill_between(curve.x, curve.low, curve.high, color=BLUE, alpha=0.2, linewidth=0)
        axis.plot(curve.x, curve.y, color=BLUE, linewidth=1.6, label=f"{name} {value:.3f}")
        chance = evaluation.point[MetricKey("class", "probability", "prevalence")][index]
        line = ([0, 1], [0, 1]) if kind == "roc" else ([0, 1], [chance, chance])
        axis.plot(*line, color=GRAY, linestyle=":", linewidth=1, label="chance")
        _mark_decisions(axis, evaluation, index, kind)
        axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        legend_below(axis)
    return figure


def plot_trade_off(evaluation: Evaluation) -> Figure:
    """Sensitivity, specificity and precision of each shown class by threshold."""
    figure, axes = panels(len(evaluation.rule.shown_classes), legend_inch=LEGEND_INCH)
    for axis, index in zip(axes, evaluation.rule.shown_classes, strict=True):
        truth = evaluation.scorer.truth[:, index]
        tp, fp = counts_by_threshold(truth, evaluation.scorer.probabilities[:, index], steps=500)
        positives, negatives = max(int((truth == 1).sum()), 1), max(int((truth == 0).sum()), 1)
        grid = np.linspace(0, 1, len(tp))
        precision = np.divide(tp, tp + fp, out=np.full(len(tp), np.nan), where=tp + fp > 0)
        tidy(axis, title=evaluation.predictions.labels[index], xlabel="threshold on raw probability")
        axis.plot(grid, tp / positives, color=BLUE, linestyle="-", linewidth=1.5, label="sensitivity")
        axis.plot(grid, 1 - fp / negatives, color=RED, linestyle="--", linewidth=1.5, label="specificity")
        axis.plot(grid, precision, color=GREEN, linestyle="-.", linewidth=1.2, label="precision")
        for name, threshold in _thresholds_of(evaluation, index):
            style = ":" if name == "default" else "-"
            text = "0.5 (default)" if name == "default" else f"fitted {threshold:.3f}"
            axis.axvline(threshold, color=BLACK, linestyle=style, linewidth=1, label=text)
        axis.set(xlim=(0, 1), ylim=(-0.02, 1.02))
        legend_below(axis)
    return figure


def plot_histograms(evaluation: Evaluation) -> Figure:
    """Raw probabilities of images with and without each label, each set scaled to 1."""
    figure, axes = panels(len(evaluation.rule.shown_classes), legend_inch=LEGEND_INCH)
    edges = np.linspace(0, 1, 31)
    for axis, index in zip(axes, evaluation.rule.shown_classes, strict=True):
        truth = evaluation.scorer.truth[:, index]
        scores = evaluation.scorer.probabilities[:, index]
        tidy(axis, title=evaluation.predictions.labels[index], xlabel="raw probability", ylabel="fraction of images")
        for value, word, colour, style in ((0, "without", BLUE, "-"), (1, "with", RED, "--")):
            part = scores[truth == value]
            if len(part):
                fraction = np.histogram(part, edges)[0] / len(part)
                axis.stairs(fraction, edges, color=colour, fill=True, alpha=0.2)
                axis.stairs(
                    fraction, edges, color=colour, linestyle=style, linewidth=1.4, label=f"{word} (n = {len(part):,})"
                )
        for name, threshold in _thresholds_of(evaluation, index):
            axis.axvline(threshold, color=BLACK, linestyle=":" if name == "default" else "-", linewidth=1)
        legend_below(axis)
    return figure


def plot_reliability(evaluation: Evaluation, calibration: Calibration | None) -> Figure:
    """Observed fraction by predicted probability: raw, and as calibrated by the recommended method."""
    figure, axes = panels(len(evaluation.rule.shown_classes), legend_inch=LEGEND_INCH)
    raw = evaluation.scorer.probabilities
    versions = [("raw", raw, BLUE, "-", "o")]
    if calibration is not None and calibration.recommended != "raw":
        calibrated = calibration.apply(raw, method=calibration.recommended, labels=evaluation.predictions.labels)
        versions.append((f"calibrated ({calibration.recommended})", calibrated, PURPLE, "--", "s"))
    for axis, index in zip(axes, evaluation.rule.shown_classes, strict=True):
        truth = evaluation.scorer.truth[:, index]
        known = truth != IGNORED
        tidy(
            axis, title=evaluation.predictions.labels[index], xlabel="predicted probability", ylabel="observed fraction"
        )
        axis.plot([0, 1], [0, 1], color=GRAY, linestyle=":", linewidth=1)
        for name, probabilities, colour, style, marker in versions:
            found = reliability(truth[known] == 1, probabilities[known, index])
            edges = [wilson_interval(*pair) for pair in zip(found["observed"], found["images"], strict=True)]
            below = [fraction - low for fraction, (low, _) in zip(found["observed"], edges, strict=True)]
            above = [high - fraction for fraction, (_, high) in zip(found["observed"], edges, strict=True)]
            spread = np.maximum([below, above], 0)
            if probabilities is raw:
                _count_bins(axis, found["probability"], found["images"])
            axis.errorbar(found["probability"], found["observed"], spread, color=colour, linestyle=style,
                          marker=marker, markersize=4, linewidth=1.2, elinewidth=0.8, label=name)  # fmt: skip
        axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        legend_below(axis)
    return figure


def _plot_confusions(evaluation: Evaluation, folder: Path) -> list[ReportFigure]:
    predictions, scorer = evaluation.predictions, evaluation.scorer
    plotted = []
    for decision, predicted in scorer.predicted.items():
        if not evaluation.rule.is_decision(decision):
            continue
        words = "at the default decision" if decision == "default" else "at the fitted thresholds"
        matrix = confusion_matrix(predictions.truth, predicted, labels=predictions.labels, task=predictions.task)
        versions = [("confusion", matrix, words)]
        if predictions.task == "multilabel" and len(predictions.labels) > 1:
            text = f"for images with any true or predicted label, {words}"
            versions.append(("confusion_findings", matrix.of_images_with_any_label(), text))
        for name, version, text in versions:
            file = folder / (f"{name}.png" if decision == "default" else f"{name}_fitted.png")
            caption = f"Confusion {text} ({version.images:,} images)"
            plotted.append(ReportFigure(save(plot_confusion(version, title=caption), file), caption))
    return plotted


def _thresholds_of(evaluation: Evaluation, index: int) -> list[tuple[str, float]]:
    found = [] if evaluation.rule.is_exclusive else [("default", 0.5)]
    if evaluation.thresholds is not None:
        value = evaluation.thresholds.values[evaluation.predictions.labels[index]]
        found += [] if value is None else [("fitted", value)]
    return found


def _mark_decisions(axis: Axes, evaluation: Evaluation, index: int, kind: str) -> None:
    for name, marker, colour in (("default", "s", RED), ("fitted", "^", BLACK)):
        if name not in evaluation.scorer.predicted:
            continue
        recall, specificity, precision = (
            float(evaluation.point[MetricKey("class", name, metric)][index])
            for metric in ("recall", "specificity", "precision")
        )
        point = (1 - specificity, recall) if kind == "roc" else (recall, precision)
        axis.plot(*point, marker=marker, color=colour, markersize=5, linestyle="none", label=name)


def _count_bins(axis: Axes, probabilities: np.ndarray, images: np.ndarray) -> None:
    axis.set_title(axis.get_title(), fontsize=10, pad=24)
    for probability, count in zip(probabilities, images, strict=True):
        axis.text(probability, 1.03, f"{count:,}", fontsize=6, rotation=90, ha="center", va="bottom", color=GRAY)


def _say_undefined(axis: Axes) -> None:
    axis.text(0.5, 0.5, "undefined:\nno positive or\nno negative image", ha="center", va="center", color=GRAY,
              fontsize=8, transform=axis.transAxes)  # fmt: skip
