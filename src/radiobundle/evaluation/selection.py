"""Which epoch of a training is the best: the rule, in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping

from radiobundle.evaluation.metrics.scorer import EPOCH_SCORES
from radiobundle.suggest import did_you_mean

LOSS = "loss"
KEY_METRICS = (*EPOCH_SCORES, LOSS)


def check_key_metric(name: str) -> None:
    """Raise ValueError unless epochs can be compared by a metric of this name."""
    if name not in KEY_METRICS:
        hint = did_you_mean(name, KEY_METRICS)
        raise ValueError(f"key_metric '{name}' is unknown{hint}; use {', '.join(KEY_METRICS)}")


def is_better(new: Mapping[str, float], old: Mapping[str, float] | None, *, metric: str) -> bool:
    """Whether an epoch is better than the best before it: by its metric, ties by the lower loss.

    A few hundred validation images are soon ranked without a mistake; the loss still falls then, and tells which of the
    epochs with AUROC 1 is surest. NaN is never better than a number.

    Args:
        new: validation metrics of an epoch, by name; without a loss, a tie is no improvement.
        old: those of the best epoch so far; None: there is none.
        metric: one of `KEY_METRICS`; higher is better, of the loss lower.

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
