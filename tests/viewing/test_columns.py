"""What a table knows of images becomes categories and numbers, with unknown values kept apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.viewing.columns import MOST_CATEGORIES, columns_of, read_label_errors
from viewing_cases import unpacked


def test_codes_are_categories_and_measurements_numbers() -> None:
    facts = pd.DataFrame(
        {
            "sex": ["M", None, "F", ""],
            "hardware": [1, 0, np.nan, 1],
            "nothing": [None] * 4,
            "kind": pd.Categorical(["b", "a", "b", None]),
        }
    )
    columns, notes = columns_of(facts)
    found = {column.key: (column.categories, unpacked(column.packed()).tolist()) for column in columns}
    assert found["sex"] == (("F", "M"), [1, -1, 0, -1]) and found["hardware"] == (("0", "1"), [1, 0, -1, 1])
    assert found["kind"] == (("a", "b"), [1, 0, 1, -1]) and "nothing" not in found and notes == []
    ages = columns_of(pd.DataFrame({"age": [*range(20), None]}))[0][0]
    assert ages.describe() == {"key": "age", "title": "age, years", "kind": "number"}
    np.testing.assert_array_equal(unpacked(ages.packed()), [*range(20), np.nan])


def test_names_are_left_out_and_said() -> None:
    many = [f"s{index}" for index in range(MOST_CATEGORIES + 1)]
    assert columns_of(pd.DataFrame({"study_id": many}))[1] == [
        "study_id has more than 60 different values and is left out"
    ]
    assert len(columns_of(pd.DataFrame({"study_id": many[:-1]}))[0]) == 1


def test_the_most_suspicious_label_of_each_image_counts(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "image": ["a", "b", "a", "b"],
            "given": ["not mass", "mass", "nodule", "nodule"],
            "suggested": ["mass", "not mass", "not nodule", "not nodule"],
            "score": [0.1, 0.9, 0.3, 0.8],
            "is_suspect": [True, False, True, False],
        }
    )
    table.to_csv(tmp_path / "label_errors.csv", index=False)
    for path in (tmp_path, tmp_path / "label_errors.csv"):
        found = read_label_errors(path, np.array(["b", "a", "c"]))
        np.testing.assert_allclose(found["label_score"], [0.8, 0.1, np.nan], atol=1e-6)
        assert found["suspicion"].fillna("").tolist() == ["", "not mass, perhaps mass", ""]
    with pytest.raises(ValueError, match="judges none of the images"):
        read_label_errors(tmp_path, np.array(["x"]))
    table.drop(columns="score").to_csv(tmp_path / "label_errors.csv", index=False)
    with pytest.raises(ValueError, match="has no column 'score'"):
        read_label_errors(tmp_path, np.array(["a"]))
    with pytest.raises(ValueError, match="no such file"):
        read_label_errors(tmp_path / "x.csv", np.array(["a"]))
