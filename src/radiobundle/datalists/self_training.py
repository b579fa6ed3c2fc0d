"""Replace uncertain training labels with the predictions of a network that was trained without them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.labels import IGNORED, SPLIT_NAMES, split_name
from radiobundle.sources.comma_file import read_header
from radiobundle.suggest import did_you_mean

_DIGITS = 4


def read_soft_labels(path: str | Path, labels: Sequence[str]) -> pd.DataFrame:
    """Read a run's predictions, by image.

    Args:
        path: `predictions.csv` of an evaluation or inference on the run's own datalist.
        labels: labels whose probabilities are needed.

    Returns:
        a table with one row per image (the index), the column `split`, and one column of probabilities per label.

    Raises:
        ValueError: the file is misshapen (see `read_header`) or lacks a column, names an image twice, or a probability
            does not lie between 0 and 1.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`predictions` {path}: no such file; first let the run predict its own datalist")
    header = read_header(path, wanted=("image", "split"))
    wanted = {"image": "image", "split": "split", **{f"prob:{label}": label for label in labels}}
    for column in wanted:
        if column not in header:
            raise ValueError(f"`predictions` {path} lacks the column '{column}'{did_you_mean(column, header)}")
    table = pd.read_csv(path, usecols=list(wanted), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    found = table[list(wanted)].rename(columns=wanted).set_index("image")
    if repeated := found.index[found.index.duplicated()].tolist():
        raise ValueError(f"`predictions` {path}: image '{repeated[0]}' appears twice; keep one row per image")
    for label in labels:
        values = pd.to_numeric(found[label], errors="coerce")
        if not (bad := found[label][~values.between(0, 1)]).empty:
            raise ValueError(
                f"`predictions` {path}: image '{bad.index[0]}': prob:{label} is '{bad.iloc[0]}'; a soft label lies "
                f"between 0 and 1 ({len(bad)} such values)"
            )
        found[label] = values.round(_DIGITS)
    return found.assign(split=found["split"].map(split_name))


def fill_in(
    labels: np.ndarray, wanted: np.ndarray, *, names: Sequence[str], images: pd.Series, split: np.ndarray,
    soft: pd.DataFrame,
) -> np.ndarray:  # fmt: skip
    """Return labels in which the wanted ones in training images are replaced with the run's probabilities.

    Args:
        labels: (rows, labels); all others stay as they are, including uncertain labels of other splits.
        wanted: (rows, labels) bool; a label that the hierarchy has made present meanwhile stays so.
        names: of the labels.
        images: name of each row.
        split: of each row in the new list.
        soft: see `read_soft_labels`; labels that are not wanted may be missing.

    Raises:
        ValueError: the run has learned from an image that is held out here (a leak), or has not predicted one that is
            wanted.
    """
    known = soft.reindex(images)
    odd = known["split"].notna() & ~known["split"].isin(SPLIT_NAMES)
    if odd.any():
        raise ValueError(
            f"`predictions`: {images[odd.to_numpy()].iloc[0]} has split '{known['split'][odd].iloc[0]}', which does "
            "not show whether the run learned from it; let the run predict its own datalist"
        )
    learned = (known["split"] == "training").to_numpy() & np.isin(split, ("validation", "test"))
    if learned.any():
        raise ValueError(
            f"`predictions`: the run was trained with {images[learned].iloc[0]}, which is in {split[learned][0]} here "
            f"({learned.sum()} such images): the lists are split differently; make the run's list with the options of "
            "this one, but with ignore instead of self-trained"
        )
    chosen = wanted & (split == "training")[:, None] & (labels == IGNORED)
    values = known.reindex(columns=list(names)).to_numpy(dtype=float)
    if len(absent := np.argwhere(chosen & np.isnan(values))):
        raise ValueError(
            f"`predictions`: the run has not predicted {images.iloc[absent[0][0]]} ({len(set(absent[:, 0]))} training "
            "images with uncertain labels); let it predict its whole datalist"
        )
    return np.where(chosen, values, labels)
