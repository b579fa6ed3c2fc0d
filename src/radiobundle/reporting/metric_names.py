"""What metrics are called in tables and figures."""

from __future__ import annotations

_NAMES = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "log_loss": "log loss",
    "ece": "ECE",
    "recall": "recall (sensitivity)",
    "npv": "negative predictive value",
    "f1": "F1",
    "balanced_accuracy": "balanced accuracy",
    "bcr": "BCR ((precision + recall) / 2)",
    "kappa": "Cohen's kappa",
    "mcc": "MCC",
    "exact_match": "all labels correct",
}


def metric_name(metric: str) -> str:
    """Return the name of a metric for readers.

    >>> metric_name("brier"), metric_name("exact_match"), metric_name("specificity")
    ('Brier score', 'all labels correct', 'specificity')
    """
    return _NAMES.get(metric, metric.replace("_", " "))
