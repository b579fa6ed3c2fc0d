"""How probabilities become predicted classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.labels import Task

UNIT = st.floats(0, 1, width=32) | st.sampled_from([0.0, 0.25, 0.5, 1.0])  # so that ties occur


def rule_of(task: Task, classes: int) -> DecisionRule:
    return DecisionRule(task, tuple("abcdef"[:classes]))


@st.composite
def exclusive(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray | None]:
    """Probabilities of exclusive classes, and thresholds that know nothing of each other."""
    classes = draw(st.integers(2, 6))
    probabilities = draw(arrays(float, (draw(st.integers(0, 5)), classes), elements=UNIT))
    if classes == 2:
        probabilities[:, 0] = 1 - probabilities[:, 1]
    return probabilities, draw(st.none() | arrays(float, classes, elements=UNIT))


@given(exclusive())
def test_of_exclusive_classes_exactly_one_is_predicted_whatever_the_thresholds(
    case: tuple[np.ndarray, np.ndarray | None],
) -> None:
    probabilities, thresholds = case
    rule = rule_of("multiclass", probabilities.shape[1])
    predicted = rule.predict(probabilities, thresholds)
    assert predicted.shape == probabilities.shape and (predicted.sum(axis=1) == 1).all()
    if rule.is_exclusive:
        assert (probabilities[predicted] == probabilities.max(axis=1)).all()
        assert not rule.uses_thresholds and (predicted == rule.predict(probabilities)).all()


@given(arrays(float, (4, 3), elements=UNIT), arrays(float, 3, elements=UNIT))
def test_labels_that_co_occur_are_each_predicted_from_their_threshold_on(
    probabilities: np.ndarray, thresholds: np.ndarray
) -> None:
    rule = rule_of("multilabel", 3)
    expected = [[p >= cut for p, cut in zip(row, thresholds, strict=True)] for row in probabilities]
    assert rule.predict(probabilities, thresholds).tolist() == expected
    assert rule.predict_against_rest(probabilities, thresholds).tolist() == expected
    assert rule.predict(probabilities).tolist() == rule.predict(probabilities, np.full(3, 0.5)).tolist()


def test_first_of_equal_classes_is_predicted_and_a_threshold_is_reached_by_its_own_value() -> None:
    assert rule_of("multiclass", 3).predict(np.array([[0.2, 0.4, 0.4]])).tolist() == [[False, True, False]]
    assert rule_of("multiclass", 2).predict(np.array([[0.5, 0.5]])).tolist() == [[False, True]]
    assert rule_of("multilabel", 1).predict(np.array([[0.3]]), np.array([0.3])).tolist() == [[True]]


def test_thresholds_of_exclusive_classes_are_class_against_rest() -> None:
    rule = rule_of("multiclass", 3)
    found = rule.predict_against_rest(np.array([[0.3, 0.3, 0.4]]), np.array([0.3, 0.2, 0.5]))
    assert found.tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    ("task", "classes", "positive", "shown", "shipped"),
    [
        ("multiclass", 2, 1, [1], "fitted"),
        ("multiclass", 3, None, [0, 1, 2], "default"),
        ("multilabel", 1, 0, [0], "fitted"),
        ("multilabel", 2, None, [0, 1], "fitted"),
    ],
)
def test_task_and_number_of_labels_settle_who_decides(
    task: Task, classes: int, positive: int | None, shown: list[int], shipped: str
) -> None:
    rule = rule_of(task, classes)
    assert (rule.positive_index, rule.shown_classes) == (positive, shown)
    assert rule.shipped(has_thresholds=True) == shipped and rule.shipped(has_thresholds=False) == "default"
    assert rule.is_decision("default") and rule.is_decision("fitted") == (shipped == "fitted")


@pytest.mark.parametrize(
    ("task", "labels"), [("multiclas", ("a", "b", "c")), ("multiclass", ("a",)), ("multilabel", ())]
)
def test_rule_without_sense_is_refused(task: Task, labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="task"):
        DecisionRule(task, labels)


@pytest.mark.parametrize(("columns", "thresholds"), [(2, None), (3, np.array([0.5])), (3, np.array(0.5))])
def test_columns_that_do_not_fit_the_labels_are_refused(columns: int, thresholds: np.ndarray | None) -> None:
    with pytest.raises(ValueError, match="3 labels need as many columns"):
        DecisionRule("multilabel", ("a", "b", "c")).predict(np.full((4, columns), 0.6), thresholds)
