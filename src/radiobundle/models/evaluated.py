"""Do the results in a run's folder belong to its weights?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from radiobundle.files import read_json
from radiobundle.result_set import check_results

WEIGHTS = "models/model.pt"
_JUDGED = ("metrics.json", "report.md", "report.html", "predictions.csv")

logger = logging.getLogger(__name__)


def read_evaluation(run: str | Path) -> dict[str, Any]:
    """Return the metrics of a run's latest evaluation, if they are complete and belong to the run's weights.

    Raises:
        ValueError: the run was not evaluated, was trained on since, or its results were changed; the message says how.
    """
    run = Path(run)
    check_results(run, names=_JUDGED)
    metrics: dict[str, Any] = read_json(run / "metrics.json", fix="evaluate the run first")
    stated = metrics.get("weights_sha256") if isinstance(metrics, dict) else None
    if not (run / WEIGHTS).is_file():
        return metrics
    if stated is None:
        logger.warning("%s does not say which weights it belongs to; evaluate again to be sure", run / "metrics.json")
        return metrics
    from radiobundle.networks.content_hash import content_sha256  # noqa: PLC0415 - imports torch, seconds
    from radiobundle.networks.weights import read_weights  # noqa: PLC0415

    if stated != content_sha256(read_weights(run / WEIGHTS)):
        raise ValueError(
            f"{run / 'metrics.json'}: belongs to other weights than {run / WEIGHTS}; evaluate the run again"
        )
    return metrics


def require_current_evaluation(*runs: str | Path) -> None:
    """Raise ValueError if a folder's results do not belong to its weights; other inputs pass."""
    for run in runs:
        if (Path(run) / "metrics.json").is_file():
            read_evaluation(run)
