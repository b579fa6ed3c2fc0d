"""Whose predictions a file holds, and whether the thresholds beside it are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from radiobundle.evaluation.fitting.thresholds import Thresholds, fit_thresholds, read_thresholds
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.files import file_sha256, read_json

THRESHOLDS = "thresholds.json"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is known of the network that made predictions, apart from them.

    Attributes:
        weights_sha256: content hash of its weights; stored with everything that is fitted on its predictions.
        leak: why it may have seen the test images before.
        input_changes: what prepared its images otherwise than in training.
    """

    weights_sha256: str | None = None
    leak: Sequence[str] = ()
    input_changes: Sequence[str] = ()

    def notes(self) -> list[str]:
        """Return what a reader of its results must know first."""
        said = {
            "The network may have seen the test images, so these results may be too good": self.leak,
            "Images were not prepared as in training": self.input_changes,
        }
        return [f"{what}: {'; '.join(found)}." for what, found in said.items() if found]

    def to_json(self) -> dict[str, Any]:
        """Return its entries in metrics.json."""
        lists = {"leak": list(self.leak), "input_changes": list(self.input_changes)}
        return {"weights_sha256": self.weights_sha256, **{key: found for key, found in lists.items() if found}}


def recorded_origin(predictions_csv: Path) -> Origin:
    """Return what the evaluation that wrote predictions recorded of their origin."""
    metrics = predictions_csv.with_name("metrics.json")
    if not metrics.is_file() or not predictions_csv.is_file():
        return Origin()
    noted = read_json(metrics, fix="evaluate again, or remove it")
    stated = noted.get("predictions") if isinstance(noted, dict) else None
    if not isinstance(stated, dict) or stated.get("sha256") != file_sha256(predictions_csv):
        return Origin()
    lists = {key: noted.get(key, []) for key in ("leak", "input_changes")}
    return Origin(weights_sha256=noted.get("weights_sha256"), **lists)


def thresholds_beside(
    predictions_csv: Path, table: Predictions, *, by: str = "image", split: str | None = None
) -> tuple[Thresholds | None, list[str]]:
    """Return the thresholds that decide about predictions, and notes on those beside them that do not.

    The thresholds.json beside a file decides unless it was fitted on other predictions, of other weights, or for
    another unit. Where it does not, or there is none, thresholds are fitted on validation rows, if there are any.

    Args:
        predictions_csv: the file.
        table: what it holds, by the unit of evaluation.
        by: that unit, see `Judged.unit`.
        split: what is evaluated; on validation rows themselves no thresholds are fitted.

    Raises:
        ValueError: the thresholds are of other predictions, and there is no validation row to fit others on.
    """
    stored = predictions_csv.with_name(THRESHOLDS)
    if not stored.is_file():
        return _fitted(table, by, split), []
    found = read_thresholds(stored)
    theirs = _are_theirs(found, predictions_csv)
    if theirs is not False and found.by == by:
        said = f"{stored} does not record which predictions it was fitted on; it is used as it is."
        return found, [] if theirs else [said]
    fault = "was fitted on other predictions" if theirs is False else f"was fitted by {found.by}, not by {by}"
    if theirs is False and "validation" not in table.split_names:
        raise ValueError(
            f"{stored}: {fault} than {predictions_csv.name}, which has no validation rows to fit others on; remove it "
            "to decide at 0.5, or evaluate again with validation images"
        )
    fitted = _fitted(table, by, split, rule=found.rule)
    instead = "no threshold is used" if fitted is None else f"its rule ({found.rule}) is fitted to validation rows"
    return fitted, [f"{stored} {fault}: {instead}."]


def _fitted(table: Predictions, by: str, split: str | None, rule: str = "youden") -> Thresholds | None:
    if "validation" not in table.split_names or split == "validation":
        return None
    return replace(fit_thresholds(table.of_split("validation"), rule=rule), by=by)


def _are_theirs(thresholds: Thresholds, predictions_csv: Path) -> bool | None:
    """Whether thresholds were fitted on a file, or for the weights that made it; None: nobody knows."""
    if thresholds.predictions_sha256 == file_sha256(predictions_csv):
        return True
    weights = recorded_origin(predictions_csv).weights_sha256
    if weights is not None and thresholds.weights_sha256 is not None:
        return weights == thresholds.weights_sha256
    return None if thresholds.predictions_sha256 is None else False
