"""COVIDx's lists of each version."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.covidx import read_covidx


def write(folder: Path, **lists: str) -> Path:
    for name, text in lists.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_splits_classes_and_origins(tmp_path: Path) -> None:
    training = "1 a b.png positive cohen\n1 c.jpg negative rsna\n"
    write(tmp_path, train_COVIDx9B=training, test_COVIDx9B="7 d.png negative rsna\n", README="nothing")
    source = read_covidx(tmp_path)
    table = source.table.set_index("image")
    assert list(table.index) == ["test/d.png", "train/a b.png", "train/c.jpg"]
    assert source.labels == ("negative", "positive") and source.exclusive
    assert list(table["positive"]) == [0, 1, 0] and list(table["split"]) == ["test", "training", "training"]
    assert table.loc["train/a b.png", "patient_id"] != table.loc["train/c.jpg", "patient_id"]  # 1 of another set


def test_three_classes_without_origin(tmp_path: Path) -> None:
    table = read_covidx(write(tmp_path, train="1 a.png COVID-19\n2 b.png normal\n3 c.png pneumonia\n")).table
    assert table[["normal", "pneumonia", "COVID-19"]].to_numpy().tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert table["origin"].isna().all() and list(table["patient_id"]) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({}, "holds no train.txt"),
        ({"train": "1 a.png positive x\n", "test": "\n"}, r"test\.txt: is empty"),
        ({"train": "1 a.png\n"}, "line 1: expected patient, file, class and set"),
        ({"train": "1 a.png positive x\n2 b.png normal\n"}, "name the classes normal, positive"),
        ({"train": "1 a.png normal\n", "train_COVIDx3": "1 a.png normal\n"}, "are of one split; keep one version"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, lists: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_covidx(write(tmp_path, **lists))
