"""Write `predictions.csv`, and the whole report, at the end of an evaluation."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
from ignite.engine import Events
from monai.engines import EnsembleEvaluator, Workflow

from radiobundle.bundles.running import merged_config
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.choices import deciding_thresholds
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.evaluation.judging import ReportOptions
from radiobundle.evaluation.origin import Origin
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.predicted import add_predicted
from radiobundle.evaluation.predictions.studies import OverViews, Unit
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.explain.examples import write_examples
from radiobundle.files import write_text
from radiobundle.handlers.collected import CollectedOutputs, predictions_of
from radiobundle.handlers.parts import Evaluated, ReportPart
from radiobundle.handlers.weights import evaluated_sha256
from radiobundle.labels import Task
from radiobundle.models.companions import THRESHOLDS, read_companions
from radiobundle.pretrained.passport import PASSPORT, passport_leaks, read_passport
from radiobundle.reporting.headline import headline
from radiobundle.reporting.report import fill_report
from radiobundle.result_set import result_set
from radiobundle.training.trained_run import input_changes, read_training, seen_in_training

PREDICTIONS = "predictions.csv"
logger = logging.getLogger("radiobundle")


class PredictionsWriter:
    """Handler for an evaluator: collect probabilities, write `predictions.csv` and, with labels, the report.

    Args:
        data: the evaluated items, in the order of the data set.
        labels: names of the classes.
        task: "multiclass" or "multilabel".
        output_dir: receives `predictions.csv` and, for labelled items, everything that `write_report` writes and
            `examples.png` (validation images of each class).
        ckpt_dir: receives thresholds and calibration fitted on validation; None: they are not kept.
        shipped_dir: folder of the weights; an evaluation without validation images uses the thresholds in it.
        threshold_rule: how thresholds are fitted, see `evaluation.fitting.thresholds`.
        report: write the report; without it the table names predicted classes, see `add_predicted`.
        bootstrap: number of resamples for the intervals.
        seed: seed of the bootstrap.
        by: unit of evaluation, image or study; thresholds and calibration are kept by image only, as `predict` needs.
        over_views: see `judged_by`.
        parts: parts of the report that need the network or the images; they run in the first process.
        datalist: the evaluated list; the report warns if the weights may have seen its test images.
        passport_dirs: folders of the weights. Their passports and the `run.json` above them say what these have seen,
            and how images were prepared; if images are prepared otherwise now, the report says so, and `ckpt_dir` gets
            nothing.
    """

    def __init__(
        self,
        *,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        task: Task,
        output_dir: str | Path,
        ckpt_dir: str | Path | None = None,
        shipped_dir: str | Path | None = None,
        threshold_rule: str = "youden",
        report: bool = True,
        bootstrap: int = 1000,
        seed: int = 0,
        by: Unit = "image",
        over_views: OverViews = "max",
        parts: Sequence[ReportPart] = (),
        datalist: str | Path | None = None,
        passport_dirs: Sequence[str | Path] = (),
    ) -> None:
        self.data, self.labels, self.task = data, tuple(labels), task
        self.output_dir = Path(output_dir)
        self.ckpt_dir = None if ckpt_dir is None else Path(ckpt_dir)
        self.shipped_dir = None if shipped_dir is None else Path(shipped_dir)
        self.report = report
        self.options = ReportOptions(
            fit_rule=threshold_rule, bootstrap=bootstrap, seed=seed, by=by, over_views=over_views
        )
        self.parts = tuple(parts)
        self.datalist, self.passport_dirs = datalist, tuple(passport_dirs)

    def attach(self, engine: Workflow) -> None:
        """Register with the evaluator."""
        self._collected = CollectedOutputs()
        self._collected.attach(engine)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def write(self, engine: Workflow) -> None:
        """Write the table for the images of all processes, and what is derived from it (the first process does)."""
        indices, probabilities = self._collected.gather(engine.state.device)
        if idist.get_rank() > 0:
            return
        predictions = predictions_of([self.data[i] for i in indices], probabilities, labels=self.labels, task=self.task)
        with result_set(self.output_dir, made_by="evaluation") as folder:
            if self.report and (predictions.truth >= 0).any():
                self._write_report(engine, predictions, indices, folder)
                logger.info("full report: %s", self.output_dir / "report.html")
            else:
                write_predictions(
                    folder / PREDICTIONS, predictions if self.report else self._decided(engine, predictions)
                )

    def _write_report(self, engine: Workflow, predictions: Predictions, indices: np.ndarray, folder: Path) -> None:
        fits = "validation" in predictions.splits
        write_predictions(folder / PREDICTIONS, predictions)
        options = replace(self.options, thresholds=None if fits else self._shipped_thresholds(engine))
        origin = self._origin(engine)
        for note in origin.notes():
            logger.warning("%s", note)
        evaluated = Evaluated(
            engine=engine,
            predictions=predictions,
            indices=indices,
            folder=folder,
            thresholds=deciding_thresholds(predictions, options.thresholds, rule=options.fit_rule),
            resamples=options.bootstrap,
            seed=options.seed,
        )
        for part in self.parts:
            logger.info("evaluating: %s", type(part).__name__)
            part.write(evaluated)
        logger.info("evaluating: intervals of %d resamples, figures, report", options.bootstrap)
        metrics = fill_report(folder / PREDICTIONS, folder, options, origin=origin, run_folder=self.output_dir)
        logger.info("%s", headline(metrics))
        paths = [self.data[i]["image"] for i in indices]
        write_examples(predictions, paths, folder / "examples.png", thresholds=evaluated.thresholds)
        if self.ckpt_dir is not None and fits and options.by == "image" and not origin.input_changes:
            for name in ("thresholds.json", "calibration.json"):
                write_text(self.ckpt_dir / name, (folder / name).read_text("utf-8"))

    def _origin(self, engine: Workflow) -> Origin:
        """Return what is known of the weights: what they have seen, and how images were prepared for them."""
        passports = [found for folder in self.passport_dirs if (found := read_passport(Path(folder) / PASSPORT))]
        leak, changes = list[str](), list[str]()
        if self.datalist is not None and passports:
            datalist = read_datalist(self.datalist)
            leak += [reason for each in passports for reason in passport_leaks(each, datalist)]
        for training in map(read_training, self.passport_dirs):
            leak += seen_in_training(training, self.data, datalist=self.datalist)
            if not isinstance(engine, EnsembleEvaluator):  # whose members prepare images each as in its training
                changes += input_changes(training, merged_config())
        lists = {"leak": list(dict.fromkeys(leak)), "input_changes": list(dict.fromkeys(changes))}
        return Origin(weights_sha256=evaluated_sha256(engine), **lists)

    def _decided(self, engine: Workflow, predictions: Predictions) -> Predictions:
        thresholds = self._shipped_thresholds(engine)
        return add_predicted(predictions, None if thresholds is None else thresholds.vector(self.labels))

    def _shipped_thresholds(self, engine: Workflow) -> Thresholds | None:
        """Return the thresholds beside the weights, if there are any; those fitted for other weights are refused."""
        if self.shipped_dir is None or not (self.shipped_dir / THRESHOLDS).is_file():
            return None
        weights = evaluated_sha256(engine)
        return read_companions(self.shipped_dir, weights_sha256=weights, labels=self.labels, task=self.task).thresholds
