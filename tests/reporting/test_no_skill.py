"""A model without skill looks like one in every figure and every headline number of the report."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.evaluation.estimates import Evaluation, describe, evaluate
from radiobundle.evaluation.floors import auroc, auroc_difference, shuffled_auroc
from radiobundle.evaluation.metrics.confusion import confusion_matrix
from radiobundle.evaluation.metrics.threshold_curves import roc_and_pr
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.reporting.confusion_figure import plot_confusion
from radiobundle.reporting.figures import plot_curves, plot_histograms, plot_reliability, plot_trade_off
from radiobundle.reporting.forest_figure import plot_forest

LABELS = ("common", "rare", "c", "d", "e", "f")
PREVALENCE = np.array([0.6, 0.08, 0.2, 0.1, 0.15, 0.12])
COUNT = len(LABELS)
METRICS = (
    "auroc", "average_precision", "brier", "log_loss", "accuracy", "balanced_accuracy", "kappa", "mcc", "exact_match",
)  # fmt: skip
MODELS = ("all positive", "all negative", "constant", "shuffled")


@cache
def make(model: str, *, task: str = "multilabel", images: int = 6000) -> Evaluation:
    rng = np.random.default_rng(0)
    truth = (rng.random((images, COUNT)) < PREVALENCE).astype(np.int8)
    if task == "multiclass":
        truth = np.eye(COUNT, dtype=np.int8)[rng.choice(COUNT, images, p=[0.6, 0.05, 0.1, 0.1, 0.1, 0.05])]
    prevalence = truth.mean(0)
    skilled = np.clip(0.25 + 0.5 * truth + rng.normal(0, 0.1, truth.shape), 0.01, 0.99)
    probabilities = {
        "all positive": np.full(truth.shape, 0.9),
        "all negative": np.full(truth.shape, 0.02),
        "constant": np.broadcast_to(prevalence, truth.shape),
        "shuffled": skilled[rng.permutation(images)],
        "skilled": skilled,
    }[model]
    if task == "multiclass":
        probabilities = probabilities / probabilities.sum(1, keepdims=True)
    return evaluate(
        Predictions(
            images=np.arange(images).astype(str),
            patient_ids=None,
            splits=np.full(images, "test"),
            labels=LABELS,
            truth=truth,
            probabilities=probabilities,
            task=task,  # type: ignore[arg-type]
        ),
        resamples=20,
    )


def diagonal(model: str, task: str, *, any_label: bool = False) -> np.ndarray:
    """What the confusion matrix paints on the diagonal, as the fraction of each row that it has."""
    found = make(model, task=task)
    matrix = confusion_matrix(
        found.predictions.truth, found.scorer.predicted["default"], labels=LABELS, task=found.predictions.task
    )
    matrix = matrix.of_images_with_any_label() if any_label else matrix
    for axis in plot_confusion(matrix, title="").axes[:2]:
        painted = np.asarray(axis.images[0].get_array())
        texts = {text.get_text() for text in axis.texts}
        assert {f"{100 * value:.0f}" for value in matrix.recall if np.isfinite(value)} <= texts
    return np.asarray(np.diag(painted))


@pytest.mark.parametrize("any_label", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_confusion_of_labels_shows_no_bright_diagonal(model: str, any_label: bool) -> None:
    # The common label is predicted by chance more often than not; only a full diagonal would flatter.
    shown = diagonal(model, "multilabel", any_label=any_label)[:COUNT]
    assert shown.mean() < 0.5 and shown.min() < 0.35, shown
    assert diagonal("skilled", "multilabel", any_label=any_label)[:COUNT].min() > 0.6


@pytest.mark.parametrize("model", MODELS)
def test_confusion_of_classes_shows_no_bright_diagonal(model: str) -> None:
    assert diagonal(model, "multiclass").mean() < 0.5
    assert diagonal("skilled", "multiclass").min() > 0.9


def test_the_network_that_names_everything_has_pale_rows_and_its_precision_at_the_margin() -> None:
    found = make("all positive")
    matrix = confusion_matrix(
        found.predictions.truth, found.scorer.predicted["default"], labels=LABELS, task="multilabel"
    )
    np.testing.assert_allclose(matrix.recall[:COUNT], 1)
    np.testing.assert_allclose(matrix.precision[:COUNT], found.predictions.truth.mean(0))
    assert matrix.recall[COUNT] == 0 and np.isnan(matrix.precision[COUNT])


@pytest.mark.parametrize("model", MODELS)
def test_curves_run_along_the_line_of_chance(model: str) -> None:
    found = make(model)
    curves = {
        index: roc_and_pr(found.scorer.truth[:, index], found.scorer.probabilities[:, index], found.plan, resamples=0)
        for index in range(COUNT)
    }
    for kind, below in (("roc", 0.06), ("pr", 0.12)):
        for index, axis in enumerate(plot_curves(found, curves, kind=kind).axes[:COUNT]):
            line, chance = (np.asarray(item.get_ydata(), dtype=float) for item in axis.lines[:2])
            expected = np.linspace(*chance, len(line))
            assert np.abs(line[10:] - expected[10:]).max() < below, (kind, LABELS[index])


@pytest.mark.parametrize("model", MODELS)
def test_forest_marks_stand_on_the_dotted_lines(model: str) -> None:
    found = make(model)
    left, right = plot_forest(found, describe(found)).axes
    points = [float(line.get_xdata()[0]) for line in left.lines if line.get_marker() in ("o", "D")]
    assert len(points) == COUNT + 1 and np.abs(np.array(points) - 0.5).max() < 0.06
    marks = {round(float(np.mean(line.get_ydata()))): float(line.get_xdata()[0]) for line in right.lines
             if line.get_linestyle() == ":"}  # fmt: skip
    values = {round(float(line.get_ydata()[0])): float(line.get_xdata()[0]) for line in right.lines
              if line.get_marker() in ("s", "D")}  # fmt: skip
    assert marks.keys() == values.keys() and all(abs(marks[row] - values[row]) < 0.06 for row in marks)


@pytest.mark.parametrize("model", MODELS)
def test_histograms_of_with_and_without_lie_on_each_other(model: str) -> None:
    for axis in plot_histograms(make(model)).axes[:COUNT]:
        without, having = (patch.get_data().values for patch in axis.patches[1::2])
        assert 0.5 * np.abs(without - having).sum() < 0.2


@pytest.mark.parametrize("model", MODELS)
def test_trade_off_gains_no_sensitivity_without_losing_as_much_specificity(model: str) -> None:
    for axis in plot_trade_off(make(model)).axes[:COUNT]:
        sensitivity, specificity = (np.asarray(line.get_ydata(), dtype=float) for line in axis.lines[:2])
        assert np.max(sensitivity + specificity) < 1.12


@pytest.mark.parametrize("model", ["all positive", "all negative"])
def test_reliability_of_a_model_that_is_always_sure_leaves_the_diagonal(model: str) -> None:
    found = make(model)
    for index, axis in enumerate(plot_reliability(found, None).axes[:COUNT]):
        line = next(line for line in axis.lines if line.get_marker() == "o")
        probability, observed = float(line.get_xdata()[0]), float(line.get_ydata()[0])
        assert observed == pytest.approx(found.predictions.truth[:, index].mean())
        assert probability == pytest.approx(0.9 if model == "all positive" else 0.02)


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
@pytest.mark.parametrize("model", MODELS)
def test_no_headline_number_is_better_than_no_skill(model: str, task: str) -> None:
    found = describe(make(model, task=task))
    overall, idle = found["overall"], found["no_skill"]
    for decision, lower in (("probability", ("brier", "log_loss", "ece")), ("default", ())):
        for metric in METRICS:
            if metric in overall.get(decision, {}) and metric in idle[decision]:
                gain = overall[decision][metric].value - idle[decision][metric]
                assert (-gain if metric in lower else gain) < 0.05, (decision, metric)


def test_accuracy_of_no_skill_is_that_of_the_most_frequent_answers() -> None:
    found = make("skilled")
    prevalence = found.predictions.truth.mean(0)
    assert describe(found)["no_skill"]["default"]["accuracy"] == pytest.approx(
        np.maximum(prevalence, 1 - prevalence).mean()
    )


@pytest.mark.usefixtures("without_figures")
def test_label_whose_truth_nobody_knows_is_reported_as_such(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.permutation(np.arange(40) % 2)
    table = pd.DataFrame({"image": np.arange(40).astype(str), "split": "test", "label:a": truth, "label:b": np.nan})
    table = table.assign(**{"prob:a": rng.random(40), "prob:b": rng.random(40)})
    for name, content in (("one", table), ("all", table.assign(**{"label:a": np.nan}))):
        content.to_csv(tmp_path / f"{name}.csv", index=False)
        options = ["--output", str(tmp_path / name), "--bootstrap", "5"]
        assert main(["report", str(tmp_path / f"{name}.csv"), *options]) in (0, 2)
    assert (tmp_path / "one/report.html").is_file()


@pytest.mark.parametrize("model", MODELS)
def test_floors_of_a_model_without_skill_are_what_it_reaches_itself(model: str) -> None:
    found = make(model)
    floor = shuffled_auroc(found.predictions, times=50)
    assert floor.value == pytest.approx(0.5, abs=0.005) and floor.high is not None
    reached = auroc(found).value
    assert reached is not None and reached <= floor.high + 0.01
    assert auroc_difference(found, found).value == 0
