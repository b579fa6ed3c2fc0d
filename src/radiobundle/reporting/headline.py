"""The result of an evaluation in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.reporting.document import number
from radiobundle.words import counted


def headline(metrics: dict[str, Any]) -> str:
    """Return the split, the number of images, and AUROC, accuracy and balanced accuracy with their intervals.

    Args:
        metrics: the content of metrics.json.
    """
    split = metrics["headline_split"]
    found = metrics["splits"][split]
    decision = shipped_decision(metrics)
    decided = found["overall"][decision]
    unit = ("study", "studies") if metrics["judged"]["by"] == "study" else ("image",)
    default = "by the most probable class" if _rule(metrics).is_exclusive else "at 0.5"
    decided_by = "at the fitted thresholds" if decision == "fitted" else default
    means = "mean AUROC" if metrics["positive_label"] is None else "AUROC"
    auroc = number(found["overall"]["probability"]["auroc"])[0]
    accuracy, balanced = (number(decided[name])[0] for name in ("accuracy", "balanced_accuracy"))
    return (
        f"{split}, {counted(found['images'], *unit)}: {means} {auroc}, accuracy {accuracy}, balanced accuracy "
        f"{balanced} {decided_by}"
    )


def shipped_decision(metrics: Mapping[str, Any]) -> str:
    """Return the decision that is shipped, see `DecisionRule.shipped`."""
    return _rule(metrics).shipped(has_thresholds=metrics["thresholds"] is not None)


def _rule(metrics: Mapping[str, Any]) -> DecisionRule:
    return DecisionRule(metrics["task"], tuple(metrics["labels"]))
