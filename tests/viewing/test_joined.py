"""Runs become one table: every image once, and nothing invented where a run does not have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radiobundle.viewing.joined import join_runs
from radiobundle.viewing.listed import Listed
from radiobundle.viewing.runs import open_runs
from viewing_cases import COUNT, LABELS, make_run


def test_rows_are_the_union_in_the_labels_of_the_first(tmp_path: Path) -> None:
    one, two = open_runs(
        [make_run(tmp_path), make_run(tmp_path, name="two", labels=LABELS[::-1], seed=1, images=False)]
    )
    turned = replace(two.predictions, truth=two.predictions.truth[:, ::-1])  # the names of its labels are swapped
    part = turned.subset(np.arange(2, COUNT))
    images = part.images.astype(object)
    images[-1] = "new.png"
    two = replace(two, predictions=replace(part, images=images))
    rows, notes = join_runs([one, two], None)
    assert list(rows.names) == [*one.predictions.images, "new.png"] and notes == []
    first, second = rows.probabilities
    assert np.isnan(first[-1]).all() and np.isnan(second[[0, 1, 11]]).all() and np.isfinite(second[2:11]).all()
    np.testing.assert_array_equal(second[2:11], two.predictions.probabilities[:9, ::-1])
    np.testing.assert_array_equal(rows.truth[-1], two.predictions.truth[-1, ::-1])
    assert rows.patients[0] == "p0" and rows.facts["split"].tolist() == ["test"] * (COUNT + 1)
    assert rows.facts["age"].iloc[-1] == 31


def test_runs_without_a_common_image_are_refused(tmp_path: Path) -> None:
    one = make_run(tmp_path)
    other = make_run(tmp_path / "b", name="other", names=["x/1.png", "x/2.png"])
    with pytest.raises(ValueError, match=r"other has no image that run has, for example 'x/1\.png'"):
        join_runs(open_runs([one, other]), None)


def test_runs_with_other_labels_need_force(tmp_path: Path) -> None:
    one, two = open_runs([make_run(tmp_path), make_run(tmp_path, name="two", images=False)])
    truth = two.predictions.truth.copy()
    truth[:3, 0] = 1 - truth[:3, 0]
    two = replace(two, predictions=replace(two.predictions, truth=truth))
    with pytest.raises(ValueError, match=r"two was evaluated with other labels than run: 3 labels differ; .*`force`"):
        join_runs([one, two], None)
    rows, notes = join_runs([one, two], None, force=True)
    assert len(notes) == 1 and "3 labels differ" in notes[0]
    np.testing.assert_array_equal(rows.truth, one.predictions.truth)


def test_labels_are_those_of_the_list(tmp_path: Path) -> None:
    (run,) = open_runs([make_run(tmp_path)])
    items = [{"name": "0.png", "label": [0.7, -2]}, {"name": "1.png", "label": [-1, 1]}]
    rows, _ = join_runs([run], Listed(tmp_path, "", {"test": items}))
    np.testing.assert_allclose(rows.truth[:2], [[0.7, -1], [-1, 1]], atol=1e-6)
    np.testing.assert_array_equal(rows.truth[2:], run.predictions.truth[2:])


def test_predicted_columns_and_unknown_patients_are_left_out(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    table = (run / "predictions.csv").read_text().splitlines()
    table = [table[0] + ",predicted:mass", *(f"{line},1" for line in table[1:])]
    table[1] = table[1].replace("p0", "", 1)
    (run / "predictions.csv").write_text("\n".join(table))
    rows, _ = join_runs(open_runs([run]), None)
    assert list(rows.facts) == ["split", "sex", "age"] and rows.patients[:2].tolist() == [None, "p0"]
