"""The features of the images of a page, and what follows from them: maps, neighbours in training, unlikeness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from radiobundle.evaluation.fitting.out_of_distribution import fraction_nearer
from radiobundle.models.trained import TrainedModel
from radiobundle.viewing.network import NetworkInput


def why_no_features(model: TrainedModel) -> str:
    """Return why a network gives no features; empty if it does."""
    try:
        _ = model.feature_count
    except ValueError as error:
        return str(error)
    return ""


def compute_features(source: NetworkInput, paths: Sequence[Path | None], progress: Any) -> np.ndarray:
    """Return the features of images, (N, features) float32: those of `radiobundle embed`; NaN where one is missing.

    Args:
        source: of the pixels, with the network.
        paths: of the files; None where unknown.
        progress: `update` is called with the number of images.
    """
    found: np.ndarray | None = None
    for indices, pixels, tried in source.batches(paths):
        if pixels is not None:
            features = source.model.features(pixels)
            if found is None:
                found = np.full((len(paths), features.shape[1]), np.nan, np.float32)
            found[indices] = features
        progress.update(tried)
    return np.full((len(paths), 0), np.nan, np.float32) if found is None else found


def is_known(features: np.ndarray) -> np.ndarray:
    """Return which rows (N,) of features hold numbers."""
    return np.isfinite(features).all(axis=1) & bool(features.shape[1])


def unlikeness(model: TrainedModel, features: np.ndarray) -> np.ndarray | None:
    """Return the out-of-distribution score (N,) of features, NaN where one is missing; None: the run has none."""
    if model.gaussian is None or model.reference is None or features.shape[1] != len(model.gaussian.mean):
        return None
    known = is_known(features)
    scores = np.full(len(features), np.nan)
    scores[known] = fraction_nearer(model.gaussian.distance(torch.from_numpy(features[known])).numpy(), model.reference)
    return scores
