"""The report as one HTML file that works offline: embedded figures, a sortable table, a threshold slider."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from radiobundle.evaluation.estimates import Evaluation
from radiobundle.evaluation.metrics.threshold_curves import SLIDER_STEPS, counts_by_threshold
from radiobundle.reporting.document import Document


def render_page(document: Document, evaluation: Evaluation | None = None, *, beside: Path | None = None) -> str:
    """Return the HTML of a document.

    Args:
        document: its content.
        evaluation: whose counts the threshold slider shows; None: no slider.
        beside: folder from which figures are linked; None: they are embedded.
    """
    no_slider = {"steps": SLIDER_STEPS, "exclusive": False, "classes": []}
    slider = no_slider if evaluation is None else slider_data(evaluation)
    template = Template(files("radiobundle.reporting").joinpath("report_template.html").read_text("utf-8"))
    # "</" would end the script element early, whatever a label is called.
    data = json.dumps(slider, separators=(",", ":")).replace("</", "<\\/")
    return template.substitute(title=escape(document.title), body=document.to_html(beside=beside), data=data)


def slider_data(evaluation: Evaluation) -> dict[str, Any]:
    """Return true and false positives of each shown class at each step of the slider."""
    classes = []
    for index in evaluation.rule.shown_classes:
        truth = evaluation.scorer.truth[:, index]
        tp, fp = counts_by_threshold(truth, evaluation.scorer.probabilities[:, index])
        fitted = None
        if evaluation.thresholds is not None:
            fitted = evaluation.thresholds.values[evaluation.predictions.labels[index]]
        classes.append(
            {
                "label": evaluation.predictions.labels[index],
                "positives": int((truth == 1).sum()),
                "negatives": int((truth == 0).sum()),
                "fitted": fitted,
                "tp": tp.tolist(),
                "fp": fp.tolist(),
            }
        )
    return {"steps": SLIDER_STEPS, "exclusive": evaluation.rule.is_exclusive, "classes": classes}
