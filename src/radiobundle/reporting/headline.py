"""What an evaluation found, in one line."""

from __future__ import annotations

from typing import Any

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.reporting.document import number

_DECIDED = {"fitted": "at the fitted thresholds", "default": "by the most probable class, or 0.5"}


def headline(metrics: dict[str, Any]) -> str:
    """Return the split, how many images, and AUROC, accuracy and balanced accuracy with their intervals.

    Args:
        metrics: the content of metrics.json.
    """
    split = metrics["headline_split"]
    found = metrics["splits"][split]
    rule = DecisionRule(metrics["task"], tuple(metrics["labels"]))
    decision = rule.shipped(has_thresholds=metrics["thresholds"] is not None)
    decided = found["overall"][decision]
    unit = "studies" if metrics["judged"]["by"] == "study" else "images"
    means = "AUROC" if metrics["positive_label"] is not None or len(rule.labels) == 1 else "mean AUROC"
    return (
        f"{split}, {found['images']:,} {unit}: {means} {number(found['overall']['probability']['auroc'])[0]}, accuracy "
        f"{number(decided['accuracy'])[0]}, balanced accuracy {number(decided['balanced_accuracy'])[0]} "
        f"{_DECIDED[decision]}"
    )
