"""The test part, touched once, by the configurations that the user names: each training's score, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.evaluation.intervals.bootstrap import plan_resampling
from radiobundle.evaluation.predictions.csv import read_predictions, write_predictions
from radiobundle.evaluation.predictions.pooling import pool
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.repeats import join_folds, repeated_score, score_once
from radiobundle.files import write_csv
from radiobundle.reporting.report import write_report
from radiobundle.suggest import did_you_mean
from radiobundle.sweeps.outcome import PREDICTIONS
from radiobundle.sweeps.places import FINAL, row_folder_name
from radiobundle.sweeps.processes import run_process
from radiobundle.sweeps.summary import RESAMPLES, RowSummary, Summary
from radiobundle.sweeps.trial_process import run_final
from radiobundle.sweeps.worker import Worker

TABLE = "final.csv"


def evaluate_final(worker: Worker, summary: Summary, names: Sequence[str]) -> Path:
    """Evaluate the trainings of named configurations on test, and write what they say together.

    Every training gets a full evaluation of its own, as MONAI would by itself. Folder `final` gets, for each
    configuration, the mean probability of its trainings with a report, whose thresholds are fitted on validation;
    `final.csv` lists all configurations that were ever named.

    Args:
        worker: of the sweep.
        summary: of the sweep.
        names: of configurations.

    Returns:
        the path of final.csv.

    Raises:
        ValueError: there is no such configuration, or it has no complete training.
    """
    rows = {row.name: row for row in summary.rows}
    for name in names:
        if name not in rows:
            raise ValueError(f"`final`: no configuration is named '{name}'{did_you_mean(name, rows)}")
        if not rows[name].predictions:
            raise ValueError(f"`final`: '{name}' has no complete training: {rows[name].verdict}")
    folder = worker.folder / FINAL
    found = pd.DataFrame([_evaluate(worker, rows[name], folder) for name in names])
    path = folder / TABLE
    if path.is_file():
        earlier = pd.read_csv(path)
        found = pd.concat([earlier[~earlier["configuration"].isin(found["configuration"])], found])
    write_csv(path, found)
    return path


def _evaluate(worker: Worker, row: RowSummary, folder: Path) -> dict[str, object]:
    plan = worker.plan
    complete = [one for one in row.finished if one.outcome.state == "complete"]
    for one in complete:
        if not (one.folder / "metrics.json").is_file():  # which an evaluation of validation alone does not write
            status = run_process(run_final, worker.job(one.trial))
            if status:
                raise ValueError(f"{one.folder}: its evaluation on test failed (log.txt there says why)")
    tables = [read_predictions(one.folder / PREDICTIONS, task=plan.datalists[0].task) for one in complete]
    tests = [table.of_split("test") for table in tables]
    together = _together(tests, [table.of_split("validation") for table in tables])
    target = folder / row_folder_name(row.name)
    write_predictions(target / PREDICTIONS, together)
    write_report(target / PREDICTIONS, target, task=together.task)
    test = together.of_split("test")
    resampling = plan_resampling(test.truth, patient_ids=test.patient_ids)
    ensemble = repeated_score([test], plan.metric, resampling, resamples=RESAMPLES)
    found = {name: round(value, 6) for name, value in ensemble.estimate().items()}
    scores = [score_once(table, plan.metric) for table in tests]
    return {
        "configuration": row.name,
        "trainings": len(tests),
        f"{plan.metric}_mean_of_trainings": round(float(np.mean(scores)), 6),
        f"{plan.metric}_together": found["value"],
        "low": found["low"],
        "high": found["high"],
        "test_images": len(test),
    }


def _together(tests: Sequence[Predictions], validations: Sequence[Predictions]) -> Predictions:
    """Return mean probabilities on test, and those on validation to fit thresholds on.

    Where each fold has a test part of its own, an image is tested in one fold and validates in another; then the table
    has no validation.
    """
    names = [f"training {number}" for number in range(len(tests))]
    test, validation = pool(tests, names=names), pool(validations, names=names)
    if set(test.images) & set(validation.images):
        return test
    joined = join_folds([validation, test])
    return replace(joined, groups=joined.groups.drop(columns="fold"))
