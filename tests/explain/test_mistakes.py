"""The page of mistakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from evaluation_cases import predictions
from radiobundle.explain.mistakes import write_mistakes


def write_images(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{index}.png" for index in range(count)]
    for path in paths:
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40), np.uint8)).save(path)
    return paths


def test_page_is_of_validation_and_asks_for_the_heat_of_what_it_shows(tmp_path: Path) -> None:
    truth, scores = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[1, 1, 2, 2]] * 0.8 + 0.05
    splits = np.array(["validation", "validation", "validation", "test"])
    asked: list[tuple[int, int]] = []

    def heat(row: int, label: int) -> np.ndarray:
        asked.append((row, label))
        return np.eye(8) * (row > 0)

    whole = replace(predictions(truth, scores, task="multiclass"), splits=splits)
    write_mistakes(whole, write_images(tmp_path / "images", 4), tmp_path, heat=heat)
    table = pd.read_csv(tmp_path / "mistakes.csv")
    assert table["image"].tolist() == ["0.png", "1.png", "2.png"] and set(table["split"]) == {"validation"}
    assert table["kind"].tolist() == ["confident error", "unsure correct", "unsure correct"]
    assert asked == [(0, 1), (1, 1), (2, 2)]
    assert Image.open(tmp_path / "mistakes.png").size[0] > 400


def test_many_labels_have_a_row_each(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (20, 5))
    write_mistakes(predictions(truth, rng.random((20, 5))), write_images(tmp_path / "images", 20), tmp_path)
    table = pd.read_csv(tmp_path / "mistakes.csv")
    assert table.groupby(["label", "kind"]).size().tolist() == [2] * 10
    assert set(table["truth"]) <= {"present", "absent"}
    assert ((table["truth"] == table["predicted"]) == (table["kind"] == "unsure correct")).all()


def test_nothing_known_leaves_an_empty_table(tmp_path: Path) -> None:
    write_mistakes(predictions(np.full((3, 2), -1), np.zeros((3, 2))), write_images(tmp_path / "images", 3), tmp_path)
    assert pd.read_csv(tmp_path / "mistakes.csv").empty and not (tmp_path / "mistakes.png").exists()
