"""The confusion matrix counts as Python's does, and its cells filter; so do the bars of histograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp
from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.metrics.confusion import confusion_matrix
from radiobundle.labels import hard_labels

pytestmark = pytest.mark.browser


def matrix(page: Any, host: str) -> np.ndarray:
    page.locator(f"{host} [data-cell]").first.wait_for()  # what was folded is drawn after it is opened
    cells = page.locator(f"{host} [data-cell]").all_inner_texts()
    size = int(np.sqrt(len(cells)))
    return np.array([int(cell.replace(",", "")) for cell in cells]).reshape(size, size)


def test_several_labels_are_counted_as_python_counts_them(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.click("#confusion-all summary")
    rule = DecisionRule("multilabel", findings.labels)
    predicted = rule.predict(findings.probabilities[0], np.full(3, 0.35, np.float32))
    wanted = confusion_matrix(hard_labels(findings.truth), predicted, labels=findings.labels, task="multilabel")
    assert matrix(page, "#confusion-matrix").tolist() == wanted.counts.tolist()
    for cell in ("0,1", "3,3", "1,3"):
        page.click(f"#confusion-matrix [data-cell='{cell}']")
        row, column = map(int, cell.split(","))
        assert len(shown(page)) == wanted.counts[row, column], cell
        page.click(f"#confusion-matrix [data-cell='{cell}']")
        assert len(shown(page)) == 300


def test_exclusive_classes_are_counted_as_python_counts_them(
    classes: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(classes)
    rule = DecisionRule("multiclass", classes.labels)
    predicted = rule.predict(classes.probabilities[0])
    wanted = confusion_matrix(hard_labels(classes.truth), predicted, labels=classes.labels, task="multiclass").counts
    assert matrix(page, "#confusion").tolist() == wanted.tolist()
    page.click("#confusion [data-cell='1,2']")
    assert set(shown(page)) == set(np.flatnonzero((classes.truth[:, 1] == 1) & predicted[:, 2]))
    assert page.get_attribute("#confusion [data-cell='1,2']", "aria-pressed") == "true"
    page.click("#chips .chip")
    assert len(shown(page)) == 200


def test_a_cell_of_one_label_chooses_its_outcome(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    page.click("#confusion [data-cell='1,0']")
    assert len(shown(page)) == matrix(page, "#confusion")[1, 0]
    assert {page.evaluate(f"radiobundleView.app.selection().outcome[{row}]") for row in shown(page)} == {1}
