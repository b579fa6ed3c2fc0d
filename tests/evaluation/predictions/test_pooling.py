"""Folds give images of their own, seeds the same ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.evaluation.predictions.pooling import pool
from radiobundle.evaluation.predictions.table import Predictions


def table(
    images: list[str], probabilities: list[float], *, truth: int = 1, patient: bool = True, label: str = "mass"
) -> Predictions:
    both = np.array([[probability, 1 - probability] for probability in probabilities])
    return Predictions(
        images=np.array(images),
        patient_ids=np.array([f"p{image}" for image in images]) if patient else None,
        splits=np.full(len(images), "validation"),
        labels=(label, "other"),
        truth=np.array([[truth, 0]] * len(images)),
        probabilities=both,
        groups=pd.DataFrame({"sex": ["F"] * len(images)}),
    )


def test_each_image_once_with_the_mean_of_all_that_have_it() -> None:
    found = pool([table(["a", "b"], [0.2, 0.4]), table(["c", "b"], [0.6, 0.8]), table(["b"], [0.9])], names="xyz")
    assert list(found.images) == ["a", "b", "c"]
    np.testing.assert_allclose(found.probabilities[:, 0], [0.2, 0.7, 0.6])
    assert found.patient_ids is not None and list(found.patient_ids) == ["pa", "pb", "pc"]
    assert list(found.groups["sex"]) == ["F", "F", "F"]


def test_labels_in_another_order_are_put_in_order() -> None:
    first = table(["a"], [0.2])
    turned = Predictions(
        first.images, first.patient_ids, first.splits, ("other", "mass"), first.truth[:, ::-1],
        first.probabilities[:, ::-1], first.groups,
    )  # fmt: skip
    np.testing.assert_allclose(pool([first, turned], names="xy").probabilities, first.probabilities)


def test_other_labels_or_another_truth_are_refused() -> None:
    with pytest.raises(ValueError, match=r"y cannot be put together with x: the truth of image 'a' differs"):
        pool([table(["a"], [0.2]), table(["b", "a"], [0.2, 0.3], truth=0)], names="xy")
    with pytest.raises(ValueError, match="y cannot be put together with x: labels differ"):
        pool([table(["a"], [0.2]), table(["b"], [0.2], label="masses")], names="xy")


def test_patients_known_in_some_tables_only() -> None:
    found = pool([table(["a"], [0.2], patient=False), table(["b"], [0.3])], names="xy")
    assert found.patient_ids is not None and list(found.patient_ids) == ["(unknown patient of a)", "pb"]


def test_unknown_patients_of_two_files_are_not_one(tmp_path: Path) -> None:
    for name, images in (("x", "ab"), ("y", "cd")):
        rows = [f"{image},{patient},1,0.5" for image, patient in zip(images, ("", "p"), strict=True)]
        (tmp_path / name).write_text("\n".join(["image,patient_id,label:mass,prob:mass", *rows]) + "\n")
    found = pool([read_predictions(tmp_path / name) for name in "xy"], names="xy")
    assert found.patient_ids is not None and len(set(found.patient_ids)) == 3
