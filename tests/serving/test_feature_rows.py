"""Features grow beside the table of predictions and never disagree with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radiobundle.serving.feature_rows import FeatureRows

FEATURES = np.random.default_rng(0).random((5, 3)).astype(np.float32)


def test_rows_that_the_table_lacks_are_dropped(tmp_path: Path) -> None:
    grown = FeatureRows(tmp_path / "f.partial", width=3, rows=0)
    grown.add(FEATURES[:2])
    grown.add(FEATURES[2:])
    with (tmp_path / "f.partial").open("ab") as file:
        file.write(b"half")
    again = FeatureRows(tmp_path / "f.partial", width=3, rows=2)
    again.add(FEATURES[2:])
    again.write(tmp_path / "f.npz", ["a", "b", "c", "d", "e"])
    again.remove()
    with np.load(tmp_path / "f.npz") as file:
        np.testing.assert_array_equal(file["features"], FEATURES)
        assert file["images"].tolist() == ["a", "b", "c", "d", "e"]
    assert [path.name for path in tmp_path.iterdir()] == ["f.npz"]


def test_a_file_with_fewer_rows_than_the_table_is_refused(tmp_path: Path) -> None:
    FeatureRows(tmp_path / "f.partial", width=3, rows=0).add(FEATURES[:2])
    with pytest.raises(ValueError, match=r"holds fewer images than the table beside it; .*`overwrite`"):
        FeatureRows(tmp_path / "f.partial", width=3, rows=3)


def test_no_image_gives_an_empty_file(tmp_path: Path) -> None:
    FeatureRows(tmp_path / "f.partial", width=3, rows=0).write(tmp_path / "f.npz", [])
    with np.load(tmp_path / "f.npz") as file:
        assert file["features"].shape == (0, 3)
