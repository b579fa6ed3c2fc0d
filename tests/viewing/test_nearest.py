"""The nearest training images are those that an exhaustive search finds."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from radiobundle.viewing.nearest import find_nearest
from viewing_cases import unpacked

RNG = np.random.default_rng(0)
TRAINING = RNG.random((40, 8))


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{index}" for index in range(count)]


def test_neighbours_are_those_of_an_exhaustive_search() -> None:
    features = RNG.random((1100, 8))  # more than one piece
    found = find_nearest(features, TRAINING, names=names("a", 1100), training_names=names("b", 40))
    away = cdist(features, TRAINING, "cosine")
    np.testing.assert_array_equal(found.index, away.argsort(axis=1)[:, :5])
    np.testing.assert_allclose(found.distance, np.sort(away, axis=1)[:, :5], atol=1e-5)


def test_no_image_is_its_own_neighbour() -> None:
    found = find_nearest(TRAINING, TRAINING, names=names("b", 40), training_names=names("b", 40))
    assert not (found.index == np.arange(40)[:, None]).any() and (found.distance > 0).all()


def test_what_is_unknown_has_none_and_is_none() -> None:
    features = np.array([[np.nan, 1.0], [0.0, 0.0], [1.0, 0.0]])
    training = np.array([[np.nan, 0.0], [1.0, 1.0]])
    found = find_nearest(features, training, names=names("a", 3), training_names=names("b", 2))
    assert found.index.tolist() == [[-1, -1], [-1, -1], [1, -1]]
    compact, used = found.compacted()
    assert used.tolist() == [1] and compact.index.tolist() == [[-1, -1], [-1, -1], [0, -1]]
    script = compact.script()
    assert script["k"] == 2 and unpacked(script["reference"]).tolist() == [-1, -1, -1, -1, 0, -1]
    assert np.isnan(unpacked(script["distance"])[[0, 5]]).all()
    assert find_nearest(features, training[:0], names=names("a", 3), training_names=[]).index.shape == (3, 0)
