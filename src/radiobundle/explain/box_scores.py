"""How much of a heat map lies in the boxes that radiologists drew, beside the pointing game.

IoU: overlap of the boxes with the region where the map reaches a cut, a fraction of its maximum. Energy: the fraction
of the map's sum that lies in the boxes (Wang et al. 2020, "Score-CAM", the energy-based pointing game). Baselines:
`centre`, a Gaussian around the middle of the image (standard deviation a fifth of each side) scored like a map;
`blind`, a uniform map, whose energy in a box and whose IoU with it both equal the fraction of the image that the box
covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from radiobundle.explain.pointing_game import RESOLUTION, Box, box_mask

CUTS = np.linspace(0.05, 0.95, 19)
CENTRE_DEVIATION = 0.2
FOLDS = 5
_UNFITTED = 0.5


@dataclass(frozen=True)
class Fit:
    """The cut of each map.

    Attributes:
        cuts: (N,) the cut for each pair; NaN for a pair that the cut was fitted on and that is not scored.
        how: a description in words.
    """

    cuts: np.ndarray
    how: str


def score_map(heat: np.ndarray, boxes: Sequence[Box]) -> tuple[np.ndarray, float]:
    """Return the IoU at each of `CUTS`, and the energy inside the boxes; all 0 for a map without heat.

    Args:
        heat: (height, width), at least 0, of any size.
        boxes: {x, y, width, height} as fractions of the sides.

    >>> heat = np.zeros((8, 8))
    >>> heat[:4, :4] = 1
    >>> ious, energy = score_map(heat, [{"x": 0.0, "y": 0.0, "width": 0.5, "height": 1.0}])
    >>> float(ious[9]), energy
    (0.5, 1.0)
    """
    total = float(heat.sum())
    if not np.isfinite(heat).all() or total <= 0:
        return np.zeros(len(CUTS)), 0.0
    rows, columns = ((np.arange(RESOLUTION) * size) // RESOLUTION for size in heat.shape)
    fine = heat[rows][:, columns]
    inside = box_mask(boxes)
    regions = fine >= (CUTS * fine.max())[:, None, None]
    within = (regions & inside).sum(axis=(1, 2))
    union = regions.sum(axis=(1, 2)) + inside.sum() - within
    return within / union, float(fine[inside].sum() / fine.sum())


@cache
def centre_map() -> np.ndarray:
    """Return the Gaussian around the middle of the image, (height, width)."""
    away = ((np.arange(RESOLUTION) + 0.5) / RESOLUTION - 0.5) / CENTRE_DEVIATION
    return np.exp(-0.5 * (away[:, None] ** 2 + away[None, :] ** 2))


def fit_cut(ious: np.ndarray, *, splits: np.ndarray, patient_ids: np.ndarray, seed: int = 0) -> Fit:
    """Return the cut with the highest mean IoU, never fitted on a pair that it is scored on.

    If only some of the boxes are on validation images, it is fitted on these and scored on the others. Otherwise it is
    cross-fitted: patients are divided into five folds, and each fold uses the cut fitted on the others.

    Args:
        ious: (N, cuts) for N pairs of image and finding.
        splits: (N,) splits of the images.
        patient_ids: (N,).
        seed: seed of the folds.
    """
    fits = splits == "validation"
    if fits.any() and not fits.all():
        cut = CUTS[ious[fits].mean(axis=0).argmax()]
        return Fit(np.where(fits, np.nan, cut), f"{cut:.2f}, fitted on the {int(fits.sum())} validation pairs")
    patients = np.unique(patient_ids)
    if len(patients) < 2:
        return Fit(np.full(len(ious), _UNFITTED), f"{_UNFITTED}, not fitted, because only one patient has boxes")
    folds = min(FOLDS, len(patients))
    dealt = np.random.default_rng(seed).permutation(len(patients)) % folds
    fold = dealt[np.searchsorted(patients, patient_ids)]
    cuts = np.array([CUTS[ious[fold != own].mean(axis=0).argmax()] for own in range(folds)])
    return Fit(cuts[fold], f"{cuts.min():.2f} to {cuts.max():.2f}, cross-fitted over {len(patients)} patients")


def iou_at(ious: np.ndarray, fit: Fit) -> np.ndarray:
    """Return each pair's IoU at its cut, (N,); NaN where the cut was fitted on it."""
    columns = np.abs(CUTS[None] - np.nan_to_num(fit.cuts, nan=CUTS[0])[:, None]).argmin(axis=1)
    return np.where(np.isnan(fit.cuts), np.nan, ious[np.arange(len(ious)), columns])
