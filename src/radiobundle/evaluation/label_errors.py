"""Which labels are probably wrong, by confident learning (Northcutt et al. 2021, "Confident Learning").

A model that has not seen an image disagrees with its label: either the model is wrong or the label. Confident learning
counts, for each pair of classes, the images whose probability for the other class is above what that class's own images
have on average, and takes as many of the least likely labels as the wrong ones. The counting is cleanlab's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.evaluation.intervals.bootstrap import percentile_interval, plan_resampling
from radiobundle.evaluation.predictions.pooling import pool
from radiobundle.evaluation.predictions.table import Predictions, usable_truth
from radiobundle.extras import how_to_install
from radiobundle.labels import IGNORED

RESAMPLES = 200
ABSENT = "not "
_SAME = 1e-9  # difference of probabilities


@dataclass(frozen=True)
class LabelErrors:
    """Labels in the order of suspicion.

    Args:
        ranking: a row for each image and judged label (of exclusive classes: for each image), the most suspicious
            first: `image`, `patient_id`, `given`, `suggested`, `score` (probability of the given label, 0 to 1; low is
            suspicious), `is_suspect`, group columns.
        expected: a row for each class: `given`, `images`, `errors` (expected number among them), `low`, `high` (no
            more than `images`).
        notes: what was changed in reading, and what was not judged and why.
    """

    ranking: pd.DataFrame
    expected: pd.DataFrame
    notes: tuple[str, ...] = ()


def find_label_errors(
    tables: Sequence[Predictions], *, resamples: int = RESAMPLES, seed: int = 0, names: Sequence[str] = ()
) -> LabelErrors:
    """Rank the labels of images by how probably they are wrong.

    Args:
        tables: predictions by models that were not trained on these images, such as those of several folds or seeds;
            of an image the mean probabilities of all that have it count.
        resamples: of the images (patients, where they are known), for the intervals.
        seed: of the resampling.
        names: of the tables, for messages.

    Raises:
        ValueError: an image is of the training split, the tables are of other labels, or no label can be judged; the
            message says which.
    """
    if seed < 0:
        raise ValueError(f"`seed` {seed}: must be at least 0")
    names = names or [f"predictions {number}" for number in range(1, len(tables) + 1)]
    for table, name in zip(tables, names, strict=True):
        _refuse_training(table, name)
    table = pool(tables, names=names)
    cases, notes = _cases(table)
    if not cases:
        raise ValueError(f"no label can be judged: {'; '.join(notes)}")
    plan = plan_resampling(table.truth, patient_ids=table.patient_ids)
    weights = plan.sample(np.random.default_rng(seed), resamples)
    rankings, expected = zip(*(_judge(table, case, weights) for case in cases), strict=True)
    ranking = pd.concat(rankings).sort_values(["score", "image"], kind="stable").reset_index(drop=True)
    return LabelErrors(ranking, pd.concat(expected).reset_index(drop=True), (*table.notes, *notes))


@dataclass(frozen=True)
class _Case:
    """A question with exclusive answers.

    Args:
        classes: names of the answers.
        rows: (n,) of the table.
        given: (n,) index of the answer that each label gives.
        probabilities: (n, classes).
    """

    classes: tuple[str, ...]
    rows: np.ndarray
    given: np.ndarray
    probabilities: np.ndarray


def _refuse_training(table: Predictions, name: str) -> None:
    trained = int((table.splits == "training").sum())
    if trained:
        raise ValueError(
            f"{name}: {trained} of {len(table)} images are of the training split: a model agrees with labels that it "
            "has learned, wrong ones too; give out-of-fold predictions (`radiobundle sweep` over folds writes them), "
            "or validation and test alone"
        )


def _cases(table: Predictions) -> tuple[list[_Case], list[str]]:
    """Return one question of exclusive classes, or one for each label: is it present?"""
    truth = usable_truth(table.truth, task=table.task)
    if table.task == "multiclass":
        rows = np.flatnonzero((truth != IGNORED).all(axis=1))
        probabilities = table.probabilities[rows]
        total = np.clip(probabilities.sum(axis=1, keepdims=True), 1e-12, None)
        found = [_Case(table.labels, rows, truth[rows].argmax(axis=1), probabilities / total)]
    else:
        found = []
        for column, label in enumerate(table.labels):
            rows = np.flatnonzero(truth[:, column] != IGNORED)
            present = table.probabilities[rows, column]
            both = np.stack([1 - present, present], axis=1)
            found.append(_Case((ABSENT + label, label), rows, truth[rows, column].astype(int), both))
    notes = [
        f"'{name}' has no image, so it was not judged"
        for case in found
        for at, name in enumerate(case.classes)
        if not (case.given == at).any()
    ]
    known = [case for case in found if len(np.unique(case.given)) == len(case.classes)]
    notes += [
        f"'{case.classes[-1]}' has one probability for all images, so it was not judged: these models cannot tell"
        for case in known
        if not _tells_apart(case)
    ]
    return [case for case in known if _tells_apart(case)], notes


def _tells_apart(case: _Case) -> bool:
    return bool(np.ptp(case.probabilities, axis=0).max() > _SAME)


def _judge(table: Predictions, case: _Case, weights: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    find_suspects, scores = _cleanlab()
    others = case.probabilities.copy()
    others[np.arange(len(others)), case.given] = -1
    names = np.array(case.classes, dtype=object)
    facts = table.groups.iloc[case.rows].reset_index(drop=True)
    ranking = pd.DataFrame(
        {
            "image": table.images[case.rows],
            **({} if table.patient_ids is None else {"patient_id": table.patient_ids[case.rows]}),
            "given": names[case.given],
            "suggested": names[others.argmax(axis=1)],
            "score": scores(case.given, case.probabilities),
            "is_suspect": find_suspects(case.given, case.probabilities),
        }
    )
    ranking = pd.concat([ranking, facts[[name for name in facts if not str(name).startswith("predicted")]]], axis=1)
    return ranking, _expected(case, find_suspects, weights[case.rows])


def _expected(case: _Case, find_suspects: Callable[..., np.ndarray], weights: np.ndarray) -> pd.DataFrame:
    """Return the expected number of wrong labels of each class, with an interval over resamples."""
    counts = np.bincount(case.given, minlength=len(case.classes))

    def errors(rows: np.ndarray) -> np.ndarray:
        given = case.given[rows]
        suspects = np.bincount(given[find_suspects(given, case.probabilities[rows])], minlength=len(case.classes))
        return counts * suspects / np.bincount(given, minlength=len(case.classes))

    rows = np.arange(len(case.given))
    resampled = [np.repeat(rows, times) for times in weights.T.astype(int)]
    replicates = [errors(some) for some in resampled if len(np.unique(case.given[some])) == len(case.classes)]
    value = errors(rows)
    low, high = percentile_interval(np.array(replicates)) if replicates else (np.full_like(value, np.nan),) * 2
    return pd.DataFrame({"given": case.classes, "images": counts, "errors": value, "low": low, "high": high})


def _cleanlab() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what finds suspects, a mask of the labels, and what scores them by the probability of the given label.

    As many labels are suspects as lie off the diagonal of the confident joint, unscaled: scaled to all images,
    it told three to seven times as many errors as were planted in real labels (docs/label_errors.md).
    """
    try:
        from cleanlab.filter import find_label_issues  # noqa: PLC0415 - an option, and slow to import
        from cleanlab.rank import get_label_quality_scores  # noqa: PLC0415
    except ImportError as error:
        raise ValueError(f"label errors are found by cleanlab; install {how_to_install('triage')}") from error
    return (
        partial(find_label_issues, filter_by="low_self_confidence", n_jobs=1),
        partial(get_label_quality_scores, method="self_confidence"),
    )
