"""Rates and their intervals are those of Python, at any threshold, and follow it live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from made_up_view import MadeUp
from radiobundle.evaluation.intervals.wilson import wilson_interval
from radiobundle.evaluation.metrics.rates import rates
from radiobundle.labels import hard_labels

pytestmark = pytest.mark.browser

PYTHON_NAMES = {"sensitivity": "recall", "specificity": "specificity", "ppv": "precision", "npv": "npv"}


def counts_of(made: MadeUp, *, label: int, threshold: float, mask: np.ndarray) -> dict[str, int]:
    truth = hard_labels(made.truth)[mask, label]
    predicted = made.probabilities[0][mask, label] >= np.float32(threshold)
    return {
        "tp": int(((truth == 1) & predicted).sum()), "fp": int(((truth == 0) & predicted).sum()),
        "tn": int(((truth == 0) & ~predicted).sum()), "fn": int(((truth == 1) & ~predicted).sum()),
    }  # fmt: skip


def expected(made: MadeUp, *, label: int, threshold: float, mask: np.ndarray) -> dict[str, tuple[float, ...]]:
    """Value, low and high by rate."""
    counts = counts_of(made, label=label, threshold=threshold, mask=mask)
    values = rates(**{name: np.array([count]) for name, count in counts.items()})
    wholes = {
        "sensitivity": counts["tp"] + counts["fn"], "specificity": counts["tn"] + counts["fp"],
        "ppv": counts["tp"] + counts["fp"], "npv": counts["tn"] + counts["fn"],
    }  # fmt: skip
    patients = [patient or f"image {row}" for row, patient in enumerate(made.patients) if mask[row]]
    found = {}
    for key, name in PYTHON_NAMES.items():
        value = float(values[name][0])
        count = wholes[key] * len(set(patients)) / len(patients)  # as estimates.py: images of a patient count less
        found[key] = (value, *wilson_interval(value, count))
    return found


def shown_rates(page: Any) -> dict[str, tuple[float, ...]]:
    texts = page.evaluate(
        """[...document.querySelectorAll("[data-rate]")].map((rate) =>
           [rate.dataset.rate, rate.querySelector("b").textContent, rate.querySelector(".interval").textContent])"""
    )
    return {key: (float(value), *map(float, interval.split("–"))) for key, value, interval in texts}


def test_rates_and_intervals_are_those_of_python(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    everything = np.ones(len(findings.names), dtype=bool)
    for label, threshold in ((0, 0.35), (1, 0.2), (2, 0.9)):
        page.select_option("#label", str(label))
        page.fill("#threshold-number", str(threshold))
        for key, values in expected(findings, label=label, threshold=threshold, mask=everything).items():
            assert shown_rates(page)[key] == pytest.approx(values, abs=0.00051), (label, threshold, key)


def test_counts_follow_the_slider_and_the_filters_of_images(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    page.locator("#threshold").press("End")
    assert page.get_attribute("[data-outcome=FP]", "aria-label") == "false positive: 0"
    page.fill("#threshold-number", "0.4")
    page.check("[data-filter=split] .check:nth-child(2) input")
    mask = findings.splits == 1
    counts = counts_of(findings, label=0, threshold=0.4, mask=mask)
    for outcome, count in counts.items():
        assert page.inner_text(f"#counts [data-outcome={outcome.upper()}] b") == str(count)
    for key, values in expected(findings, label=0, threshold=0.4, mask=mask).items():
        assert shown_rates(page)[key] == pytest.approx(values, abs=0.00051), key


def test_filters_of_answers_leave_the_rates_alone(
    findings: MadeUp, open_page: Callable[..., Any], shown: Callable[..., list[int]]
) -> None:
    page = open_page(findings)
    before = shown_rates(page)
    page.click("#counts [data-outcome=FN]")
    counts = counts_of(findings, label=0, threshold=0.35, mask=np.ones(300, dtype=bool))
    assert len(shown(page)) == counts["fn"] and page.inner_text("#count") == f"{counts['fn']} of 300 images"
    assert shown_rates(page) == before


def test_extreme_counts_give_what_python_gives(findings: MadeUp, open_page: Callable[..., Any]) -> None:
    page = open_page(findings)
    for fraction, count in ((0.0, 7), (1.0, 10), (0.5, 1.5), (0.3, 0), (0.999, 100000)):
        found = page.evaluate(f"radiobundleView.rates.wilson({fraction}, {count})")
        assert found == pytest.approx(wilson_interval(fraction, count), abs=1e-12)
    for counts in ((0, 3, 0, 5), (4, 0, 2, 0), (0, 0, 2, 5), (0, 0, 0, 0)):
        tp, fp, fn, tn = counts
        found = page.evaluate(f"radiobundleView.rates.rates({{tp: {tp}, fp: {fp}, fn: {fn}, tn: {tn}}})")
        wanted = rates(*(np.array([count]) for count in (tp, fp, tn, fn)))
        for rate in found:
            value = np.nan if rate["value"] is None else rate["value"]
            assert value == pytest.approx(float(wanted[PYTHON_NAMES[rate["key"]]][0]), nan_ok=True), rate


def test_the_most_probable_class_decides_until_a_threshold_is_set(
    classes: MadeUp, open_page: Callable[..., Any]
) -> None:
    page = open_page(classes)
    right = (classes.truth[:, 0] == 1) & (classes.probabilities[0].argmax(axis=1) == 0)
    assert page.inner_text("#counts [data-outcome=TP] b") == str(right.sum())
    page.click("#half")
    above = (classes.truth[:, 0] == 1) & (classes.probabilities[0][:, 0] >= 0.5)
    assert page.inner_text("#counts [data-outcome=TP] b") == str(above.sum())
    page.click("#best")
    assert page.inner_text("#counts [data-outcome=TP] b") == str(right.sum())
