"""The map of images is that of their principal components."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.viewing import embedding
from viewing_cases import unpacked

RNG = np.random.default_rng(0)


def test_the_first_two_components_are_shown() -> None:
    plane = RNG.normal(size=(60, 2)) @ RNG.normal(size=(2, 10))
    features = plane + 0.01 * RNG.normal(size=(60, 10))
    features[7] = np.nan
    maps, note = embedding.embed_rows(features)
    points = np.stack([unpacked(maps["pca"][axis]) for axis in "xy"], axis=1)
    assert np.isnan(points[7]).all() and points.shape == (60, 2)
    known = np.delete(np.arange(60), 7)
    centred = features[known] - features[known].mean(axis=0)
    away = np.linalg.norm(centred[:1] - centred, axis=1)
    np.testing.assert_allclose(np.linalg.norm(points[known[0]] - points[known], axis=1), away, atol=0.2)
    assert note == "The two components of PCA explain 100 % of the variance of 10 features."


@pytest.mark.parametrize("features", [np.zeros((10, 4)), RNG.random((2, 4)), np.full((9, 3), np.nan), np.zeros((5, 0))])
def test_no_map_of_nothing(features: np.ndarray) -> None:
    assert embedding.embed_rows(features) == ({}, "")


def test_one_feature_is_a_line() -> None:
    maps, _ = embedding.embed_rows(RNG.random((9, 1)))
    assert not unpacked(maps["pca"]["y"]).any() and unpacked(maps["pca"]["x"]).any()


def test_umap_is_shown_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_umap", lambda values, seed: values[:, :2] * seed)
    features = RNG.random((20, 5))
    maps, _ = embedding.embed_rows(features, seed=3)
    np.testing.assert_allclose(unpacked(maps["umap"]["x"]), 3 * features[:, 0], rtol=1e-6)


def test_umap_itself_tells_groups_apart() -> None:
    pytest.importorskip("umap")
    groups = np.repeat(np.eye(3), 30, axis=0) + 0.05 * RNG.random((90, 3))
    maps, _ = embedding.embed_rows(groups)
    points = np.stack([unpacked(maps["umap"][axis]) for axis in "xy"], axis=1).reshape(3, 30, 2)
    centres = points.mean(axis=1)
    assert np.linalg.norm(centres[0] - centres[1]) > 3 * points.std(axis=1).max()
