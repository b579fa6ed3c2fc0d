"""One row per study instead of one per image, for data sets with several views per study."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from radiobundle.evaluation.predictions.table import UNKNOWN_PATIENT, Predictions
from radiobundle.labels import IGNORED
from radiobundle.sources.studies import study_keys
from radiobundle.suggest import check_choice

Unit = Literal["image", "study"]
OverViews = Literal["max", "mean"]
UNITS: tuple[Unit, ...] = ("image", "study")
OVER_VIEWS: tuple[OverViews, ...] = ("max", "mean")
STUDY = "study_id"


@dataclass(frozen=True)
class Judged:
    """The unit of evaluation.

    Attributes:
        by: image or study.
        over_views: how the probabilities of a study's images were combined; None: by image.
        images: number of images.
        units: number of evaluated rows.
        without_study: number of images that name no study, each evaluated by itself.
        disagreeing: number of studies whose images differ in truth; a label of one image counts for the study.
    """

    by: Unit
    over_views: OverViews | None
    images: int
    units: int
    without_study: int = 0
    disagreeing: int = 0

    @property
    def unit(self) -> str:
        """What the probabilities belong to: `image`, `study max` or `study mean`."""
        return self.by if self.over_views is None else f"{self.by} {self.over_views}"

    def notes(self) -> list[str]:
        """Return the notes that a reader needs."""
        if self.by == "image":
            return []
        notes = [
            f"Evaluated by study: {self.units:,} studies of {self.images:,} images, {self.over_views} over their views."
        ]
        if self.without_study:
            notes.append(f"{self.without_study:,} images name no study; each is evaluated by itself.")
        if self.disagreeing:
            notes.append(f"In {self.disagreeing:,} studies the images differ in truth; a label of one counts for all.")
        return notes


def judged_by(
    predictions: Predictions, by: Unit = "image", over_views: OverViews = "max"
) -> tuple[Predictions, Judged]:
    """Return the rows to evaluate, and their unit.

    A study's probability is the highest of its views (as CheXpert is scored, Irvin et al. 2019, section 5) or their
    mean (as for MURA); exclusive classes are scaled to sum to 1 again. A label is true for a study if it is for any of
    its views. Facts that differ between views are left empty. The unit of resampling is still the patient.

    Args:
        predictions: predictions by image, with a column `study_id` for studies.
        by: `image` leaves them as they are.
        over_views: `max` or `mean`.

    Raises:
        ValueError: an unknown choice, or no image names a study.

    >>> columns = pd.DataFrame({"study_id": ["s1", "s1", "s2"]})
    >>> images, splits = np.array(["1.png", "2.png", "3.png"]), np.array(["test"] * 3)
    >>> truth, probabilities = np.array([[1], [1], [0]]), np.array([[0.2], [0.9], [0.4]])
    >>> table = Predictions(images, np.array(["a", "a", "b"]), splits, ("sick",), truth, probabilities, columns)
    >>> found, what = judged_by(table, "study")
    >>> found.probabilities.ravel().tolist(), what.units
    ([0.9, 0.4], 2)
    """
    check_choice("by", by, UNITS)
    check_choice("over_views", over_views, OVER_VIEWS)
    if by == "image":
        return predictions, Judged(by, None, len(predictions), len(predictions))
    keys, notes = _keys(predictions)
    unnamed = keys.isna().to_numpy()
    keys = keys.where(~unnamed, pd.Series(predictions.images, dtype=object))
    numbers, _ = pd.factorize(pd.MultiIndex.from_arrays([predictions.splits, keys]))
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    truth = predictions.truth[order]
    known = np.where(truth == IGNORED, 2, truth)
    highest, lowest = np.maximum.reduceat(truth, starts), np.minimum.reduceat(known, starts)
    first = order[starts]
    if predictions.task == "multiclass" and ((highest == 1).sum(axis=1) > 1).any():
        study = keys.iloc[first[int(np.argmax((highest == 1).sum(axis=1)))]]
        raise ValueError(f"`by` study: the images of study {study} have different classes; evaluate them by image")
    found = replace(
        predictions.subset(first),
        images=np.where(unnamed[first], predictions.images[first], keys.to_numpy(str)[first]),
        truth=highest,
        probabilities=_pooled(predictions, order, starts, over_views),
        groups=_shared_facts(predictions.groups, numbers),
        notes=(*predictions.notes, *notes),
    )
    disagreeing = int(((highest == 1) & (lowest == 0)).any(axis=1).sum())
    return found, Judged(by, over_views, len(predictions), len(found), int(unnamed.sum()), disagreeing)


def _keys(predictions: Predictions) -> tuple[pd.Series, list[str]]:
    """Return the key of each image's study, NaN where it has none, and notes on how studies are told apart."""
    if STUDY not in predictions.groups or predictions.groups[STUDY].isna().all():
        raise ValueError(f"`by` study: no image names its study; predictions need a column '{STUDY}'")
    studies = predictions.groups[STUDY].astype(object)
    patients = pd.Series(np.nan, index=studies.index, dtype=object)
    if predictions.patient_ids is not None:
        patients = pd.Series(predictions.patient_ids, index=studies.index, dtype=object)
        patients = patients.mask(patients.map(lambda name: name.startswith(UNKNOWN_PATIENT)))
    keys, notes = study_keys(patients, studies.map(str, na_action="ignore"))
    if keys.isna().all():
        raise ValueError("`by` study: study ids start again for each patient, but no patient is known")
    return keys.str.replace("\x1f", "/").reset_index(drop=True), notes


def _pooled(predictions: Predictions, order: np.ndarray, starts: np.ndarray, over_views: OverViews) -> np.ndarray:
    ordered = predictions.probabilities[order]
    if over_views == "max":
        pooled = np.maximum.reduceat(ordered, starts)
    else:
        pooled = np.add.reduceat(ordered, starts) / np.diff(np.append(starts, len(order)))[:, None]
    if predictions.task == "multiclass":
        pooled = pooled / pooled.sum(axis=1, keepdims=True)
    return np.asarray(pooled.clip(0, 1))


def _shared_facts(groups: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """Return one row per study: facts that all its images share, empty where they differ."""
    shared: dict[Any, pd.Series] = {}
    for name in groups:
        by_study = groups[name].astype(object).groupby(numbers)
        shared[name] = by_study.first().where(by_study.nunique(dropna=False) == 1)
    return pd.DataFrame(shared).reset_index(drop=True)
