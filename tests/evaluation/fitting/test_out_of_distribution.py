"""An image unlike the validation images scores high; one of their kind scores anything, evenly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from monai.networks.nets import resnet18
from sklearn.decomposition import PCA
from torch import nn

from radiobundle.evaluation.fitting.out_of_distribution import (
    Gaussian,
    fit_gaussian,
    fit_out_of_distribution,
    fraction_nearer,
    read_out_of_distribution,
    write_out_of_distribution,
)
from radiobundle.networks.features import FeatureTap


def draw(count: int, seed: int, features: int = 40) -> np.ndarray:
    """Five strong directions in forty."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(5, features))
    return (3 + rng.normal(size=(count, 5)) @ mixing + 0.1 * rng.normal(size=(count, features))).astype(np.float32)


def test_distance_is_that_of_probabilistic_pca() -> None:
    features = draw(200, 0)
    pca = PCA(25, svd_solver="full").fit(features.astype(float))
    expected = -2 * pca.score_samples(draw(50, 1))  # the squared distance and a constant
    found = fit_gaussian(features).distance(draw(50, 1)) ** 2
    np.testing.assert_allclose(found - found[0], expected - expected[0], rtol=1e-3, atol=1e-2)


def test_images_of_the_same_kind_score_evenly() -> None:
    fitted = fit_out_of_distribution(draw(400, 0))
    scores = fraction_nearer(fitted.gaussian.distance(draw(400, 1)), fitted.reference)
    np.testing.assert_allclose(np.quantile(scores, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.08)


def test_images_of_another_kind_score_one() -> None:
    fitted = fit_out_of_distribution(draw(100, 0))
    other = np.random.default_rng(2).normal(size=(20, 40)).astype(np.float32)
    assert (fraction_nearer(fitted.gaussian.distance(other), fitted.reference) == 1).all()


def test_images_of_one_patient_do_not_vouch_for_each_other() -> None:
    patients = np.repeat(draw(30, 0), 8, axis=0)
    images = patients + 0.01 * np.random.default_rng(3).normal(size=patients.shape).astype(np.float32)
    by_patient = fit_out_of_distribution(images, np.repeat(np.arange(30), 8).astype(str).tolist())
    by_image = fit_out_of_distribution(images)
    assert np.median(by_patient.reference) > 1.5 * np.median(by_image.reference)


def test_tensors_and_arrays_give_the_same_distance() -> None:
    gaussian = fit_gaussian(draw(100, 0))
    tensors = Gaussian(**{name: torch.as_tensor(value) for name, value in vars(gaussian).items()})
    found = tensors.distance(torch.as_tensor(draw(9, 1)))
    np.testing.assert_allclose(found.numpy(), gaussian.distance(draw(9, 1)), rtol=1e-4)


def test_network_that_always_says_the_same_has_finite_distances() -> None:
    fitted = fit_out_of_distribution(np.ones((30, 8), np.float32))
    assert np.isfinite(fitted.gaussian.distance(np.ones((2, 8), np.float32))).all()


@pytest.mark.parametrize(("images", "patients"), [(10, 10), (40, 4)])
def test_too_few_images_or_patients_are_refused(images: int, patients: int) -> None:
    with pytest.raises(ValueError, match="too few"):
        fit_out_of_distribution(draw(images, 0), [str(number % patients) for number in range(images)])


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    fitted = fit_out_of_distribution(draw(100, 0))
    write_out_of_distribution(tmp_path / "a.npz", fitted)
    found = read_out_of_distribution(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.gaussian.distance(draw(9, 1)), fitted.gaussian.distance(draw(9, 1)))
    np.testing.assert_array_equal(found.reference, fitted.reference)


def test_damaged_foreign_and_pickled_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"a\.npz"):
        read_out_of_distribution(path)
    np.savez(path, mean=np.zeros(3))
    with pytest.raises(ValueError, match=r"a\.npz"):
        read_out_of_distribution(path)
    np.savez(path, mean=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_out_of_distribution(path)


def test_features_are_what_the_last_linear_layer_is_given() -> None:
    network = resnet18(spatial_dims=2, n_input_channels=1, num_classes=3).eval()
    tap = FeatureTap(network)
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        logits = network(images)
        features = tap.take()
        tap.remove()
        torch.testing.assert_close(network.fc(features), logits)
    assert tap.features is None


def test_network_without_a_linear_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="no fully connected layer"):
        FeatureTap(nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1)))
