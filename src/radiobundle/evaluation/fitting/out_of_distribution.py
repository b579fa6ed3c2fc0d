"""How unlike the validation images is an image? A score that ships with the weights.

A network gives an answer for any image, even a knee or a photograph. Its features (the input of the last fully
connected layer) for the validation images are described by probabilistic PCA (Tipping and Bishop 1999, equations 6 and
8): a Gaussian with few large directions and equal noise in all others. The raw score is the Mahalanobis distance from
it, as in Lee et al. 2018 ("A Simple Unified Framework for Detecting Out-of-Distribution Samples"), with one Gaussian
for all classes since findings overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from radiobundle.files import replacing

FILE = "out_of_distribution.npz"
FEWEST_IMAGES = 20
MOST_DIRECTIONS, IMAGES_PER_DIRECTION = 32, 8
_FOLDS = 5
_FIELDS = ("mean", "directions", "deviations", "noise", "reference")


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian with K free directions among D features, and the same noise in all others.

    Attributes:
        mean: (D,) float32.
        directions: (K, D) float32, orthonormal.
        deviations: (K,) float32, standard deviation along each of them.
        noise: (1,) float32, standard deviation along any other.
    """

    mean: Any
    directions: Any
    deviations: Any
    noise: Any

    def distance(self, features: Any) -> Any:
        """Return the Mahalanobis distance (N,) of features (N, D); arrays or tensors, as the attributes are."""
        centred = features - self.mean
        along = centred @ self.directions.T
        beside = centred - along @ self.directions
        squared = ((along / self.deviations) ** 2).sum(1) + ((beside / self.noise) ** 2).sum(1)
        return squared**0.5


@dataclass(frozen=True)
class OutOfDistribution:
    """The score's parameters, which ship beside the weights.

    Attributes:
        gaussian: Gaussian of the features of all validation images.
        reference: (R,) float32, ascending: the distance of each validation image from the Gaussian of others.
        weights_sha256: content hash of the weights whose features these are; None if not recorded.
    """

    gaussian: Gaussian
    reference: np.ndarray
    weights_sha256: str | None = None


def fraction_nearer(distances: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the fraction (N,) of validation images that are nearer: 0.5 is typical, 1 is farther than all of them.

    Args:
        distances: (N,).
        reference: (R,), ascending.
    """
    return np.searchsorted(reference, distances, side="left") / len(reference)


def fit_out_of_distribution(features: np.ndarray, patients: Sequence[str] | None = None) -> OutOfDistribution:
    """Fit the score to validation images.

    An image's own distance is measured from a Gaussian fitted on four fifths of the images, without any image of the
    same patient.

    Args:
        features: (N, D).
        patients: patients of the images; None: each image is its own patient.

    Raises:
        ValueError: fewer than 20 images or 5 patients.
    """
    groups = np.arange(len(features)) if patients is None else np.asarray(patients, dtype=str)
    if len(features) < FEWEST_IMAGES or len(np.unique(groups)) < _FOLDS:
        raise ValueError(
            f"{len(features)} validation images from {len(np.unique(groups))} patients are too few for an "
            f"out-of-distribution score (at least {FEWEST_IMAGES} and {_FOLDS} are needed)"
        )
    reference = np.empty(len(features), np.float32)
    for rest, fold in GroupKFold(_FOLDS).split(features, groups=groups):
        reference[fold] = fit_gaussian(features[rest]).distance(features[fold])
    return OutOfDistribution(fit_gaussian(features), np.sort(reference))


def fit_gaussian(features: np.ndarray) -> Gaussian:
    """Fit probabilistic PCA to features (N, D), one direction per eight images, 32 at most."""
    count = max(1, min(MOST_DIRECTIONS, len(features) // IMAGES_PER_DIRECTION, features.shape[1] - 1))
    centre = features.mean(axis=0, dtype=np.float64)  # taken off first: the faster solver loses digits to large means
    solver = "covariance_eigh" if len(features) > features.shape[1] else "full"
    pca = PCA(count, svd_solver=solver).fit(features - centre)
    scale = float(pca.explained_variance_[0]) or 1.0
    smallest = 1e-6 * scale  # a network with constant features has no spread at all
    return Gaussian(
        mean=centre.astype(np.float32),
        directions=pca.components_.astype(np.float32),
        deviations=np.sqrt(np.maximum(pca.explained_variance_, smallest)).astype(np.float32),
        noise=np.sqrt([max(float(pca.noise_variance_), smallest)]).astype(np.float32),
    )


def write_out_of_distribution(path: str | Path, found: OutOfDistribution) -> None:
    """Write it as a NumPy archive without pickled objects, atomically."""
    with replacing(path) as temporary:
        np.savez_compressed(
            temporary,
            **asdict(found.gaussian),
            reference=found.reference,
            weights_sha256=np.array(found.weights_sha256 or ""),
        )


def read_out_of_distribution(path: str | Path) -> OutOfDistribution:
    """Read what `write_out_of_distribution` wrote.

    Raises:
        ValueError: not such a file, or its values are invalid; the message names it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: np.asarray(file[name], dtype=np.float32) for name in _FIELDS}
            weights = str(file["weights_sha256"]) if "weights_sha256" in file else ""
    except Exception as error:  # NumPy and zlib raise nearly every type on broken files
        raise ValueError(f"{path}: not a readable out-of-distribution file ({error}); evaluate again") from error
    if problem := _problem(found):
        raise ValueError(f"{path}: {problem}; evaluate again")
    gaussian = Gaussian(**{name: found[name] for name in _FIELDS[:-1]})
    return OutOfDistribution(gaussian, found["reference"], weights or None)


def check_reference(reference: np.ndarray) -> str:
    """Return what is wrong with the distances of validation images; empty: nothing."""
    if reference.ndim != 1 or not len(reference):
        return "'reference' is not a list of distances"
    if not np.isfinite(reference).all() or reference.min() < 0:
        return "'reference' holds values that are not distances"
    return "" if (np.diff(reference) >= 0).all() else "'reference' is not in ascending order"


def _problem(found: dict[str, np.ndarray]) -> str:
    """Return what is wrong with the numbers of a file; empty: nothing."""
    mean, directions, deviations, noise = (found[name] for name in _FIELDS[:-1])
    shapes = (directions.ndim == 2 and mean.shape == directions.shape[1:], deviations.shape == directions.shape[:1])
    if not all(shapes) or noise.shape != (1,):
        return "its arrays do not match each other"
    if not all(np.isfinite(values).all() for values in found.values()):
        return "holds values that are not finite"
    if (deviations <= 0).any() or (noise <= 0).any():
        return "holds standard deviations that are not positive"
    return check_reference(found["reference"])
