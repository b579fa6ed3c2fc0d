"""The one rule for which epoch of a training is the best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from radiobundle.evaluation.metrics.scorer import EPOCH_SCORES
from radiobundle.suggest import did_you_mean

LOSS = "loss"
KEY_METRICS = (*EPOCH_SCORES, LOSS)
_ELSEWHERE = {  # what others call them
    "auc": "auroc", "roc_auc": "auroc", "auprc": "average_precision", "pr_auc": "average_precision",
    "ap": "average_precision", "map": "average_precision", "sensitivity": "recall", "val_loss": LOSS,
}  # fmt: skip


def check_key_metric(name: str, *, own: Iterable[str] = ()) -> None:
    """Raise ValueError unless epochs can be compared by a metric of this name.

    Args:
        name: name of the metric.
        own: names of further metrics that a configuration adds.
    """
    known = tuple(dict.fromkeys((*KEY_METRICS, *own)))
    if name not in known:
        meant = _ELSEWHERE.get(name.lower())
        hint = f"; it is called '{meant}' here" if meant else did_you_mean(name, known)
        raise ValueError(f"key_metric '{name}' is unknown{hint}; use {', '.join(known)}")


def is_better(new: Mapping[str, float], old: Mapping[str, float] | None, *, metric: str) -> bool:
    """Whether an epoch is better than the best before it: by its metric, ties by the lower loss.

    A few hundred validation images are soon ranked without a mistake; the loss then still falls, and shows which of the
    epochs with AUROC 1 is most confident. NaN is never better than a number.

    Args:
        new: validation metrics of an epoch, by name; without a loss, a tie is no improvement.
        old: those of the best epoch so far; None: there is none.
        metric: one of `KEY_METRICS`, or one that a configuration adds; higher is better, except for the loss.

    >>> is_better({"auroc": 1.0, "loss": 0.1}, {"auroc": 1.0, "loss": 0.2}, metric="auroc")
    True
    >>> is_better({"auroc": float("nan"), "loss": 0.1}, {"auroc": 0.5, "loss": 0.2}, metric="auroc")
    False
    """
    return old is None or _rank(new, metric) > _rank(old, metric)


def _rank(metrics: Mapping[str, float], metric: str) -> tuple[float, float]:
    value = metrics[metric]
    return _finite(-value if metric == LOSS else value), _finite(-metrics.get(LOSS, math.inf))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else -math.inf
