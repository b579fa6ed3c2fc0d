"""Write `predictions.csv`, and the whole report, at the end of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import ignite.distributed as idist
import numpy as np
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Workflow
from monai.utils import evenly_divisible_all_gather
from monai.utils.enums import CommonKeys as Keys

from radiobundle.evaluation.calls import add_calls
from radiobundle.evaluation.predictions import Predictions, write_predictions
from radiobundle.evaluation.report import write_report
from radiobundle.evaluation.thresholds import read_thresholds
from radiobundle.explain.gallery import write_gallery
from radiobundle.files import write_text

ITEM_FIELDS = {"image", "label", "name", "split", "patient_id", "box", "boxes"}


class PredictionsWriter:
    """Handler for an evaluator: collect probabilities, write `predictions.csv` and, with labels, the report.

    Args:
        data: the items that were evaluated, in the order of the data set.
        labels: names of the classes.
        task: "multiclass" or "multilabel".
        output_dir: receives `predictions.csv` and, for labelled items, everything that `write_report` writes and
            `examples.png` (validation images with truth and prediction).
        ckpt_dir: receives thresholds and calibration fitted on validation; None: they are not kept.
        shipped_dir: where the weights are; an evaluation without validation images uses the thresholds beside them.
        threshold_rule: how thresholds are fitted, see `evaluation.thresholds`.
        report: write the report; without it the table gets the calls at the shipped thresholds, see `add_calls`.
        bootstrap: resamples of the intervals.
        seed: of the bootstrap.
    """

    def __init__(
        self,
        *,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        task: Literal["multiclass", "multilabel"],
        output_dir: str | Path,
        ckpt_dir: str | Path | None = None,
        shipped_dir: str | Path | None = None,
        threshold_rule: str = "youden",
        report: bool = True,
        bootstrap: int = 1000,
        seed: int = 0,
    ) -> None:
        self.data, self.labels, self.task = data, tuple(labels), task
        self.output_dir = Path(output_dir)
        self.ckpt_dir = None if ckpt_dir is None else Path(ckpt_dir)
        self.shipped_dir = None if shipped_dir is None else Path(shipped_dir)
        self.threshold_rule = threshold_rule
        self.report, self.bootstrap, self.seed = report, bootstrap, seed

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        engine.add_event_handler(Events.STARTED, self.start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def start(self, engine: Workflow) -> None:
        """Forget what an earlier evaluation collected."""
        self._probabilities: list[torch.Tensor] = []
        self._indices: list[torch.Tensor] = []

    def __call__(self, engine: Workflow) -> None:
        """Keep a batch's probabilities; they stay on the device."""
        self._probabilities.append(engine.state.output[Keys.PRED].detach())
        self._indices.append(engine.state.batch["index"])

    def write(self, engine: Workflow) -> None:
        """Write the table, and what is derived from it, of all processes' images (the first process does)."""
        probabilities = evenly_divisible_all_gather(torch.cat(self._probabilities), concat=True).double().cpu().numpy()
        indices = (
            evenly_divisible_all_gather(torch.cat(self._indices).to(engine.state.device), concat=True).cpu().numpy()
        )
        if idist.get_rank() > 0:
            return
        indices, first = np.unique(indices, return_index=True)
        predictions = self._predictions([self.data[i] for i in indices], probabilities[first])
        if not self.report:
            shipped = self._shipped_thresholds()
            predictions = add_calls(predictions, None if shipped is None else read_thresholds(shipped))
        write_predictions(self.output_dir / "predictions.csv", predictions)
        if self.report and (predictions.truth >= 0).any():
            self._write_report(predictions)
            write_gallery(predictions, [self.data[i]["image"] for i in indices], self.output_dir / "examples.png")

    def _write_report(self, predictions: Predictions) -> None:
        fits = "validation" in predictions.splits
        write_report(
            self.output_dir / "predictions.csv",
            self.output_dir,
            thresholds=None if fits else self._shipped_thresholds(),
            fit_rule=self.threshold_rule,
            bootstrap=self.bootstrap,
            seed=self.seed,
        )
        if self.ckpt_dir is not None and fits:
            for name in ("thresholds.json", "calibration.json"):
                write_text(self.ckpt_dir / name, (self.output_dir / name).read_text("utf-8"))

    def _shipped_thresholds(self) -> Path | None:
        path = None if self.shipped_dir is None else self.shipped_dir / "thresholds.json"
        return path if path is not None and path.exists() else None

    def _predictions(self, items: list[dict[str, Any]], probabilities: np.ndarray) -> Predictions:
        table = pd.DataFrame(items)
        truth = np.full(probabilities.shape, -1, np.int8)
        if "label" in table:
            truth = np.asarray(table["label"].tolist(), np.int8)
        patients = table["patient_id"].to_numpy(object) if "patient_id" in table else None
        return Predictions(
            images=table["name"].to_numpy(str),
            patient_ids=patients,
            splits=table["split"].to_numpy(str),
            labels=self.labels,
            truth=truth,
            probabilities=probabilities,
            groups=table.drop(columns=ITEM_FIELDS & set(table.columns)),
            task=self.task,
        )
