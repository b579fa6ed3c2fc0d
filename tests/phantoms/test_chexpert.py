"""The phantom in CheXpert's layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.phantoms.anatomy import attenuation, draw_anatomy, patient_grid
from radiobundle.phantoms.chexpert import DISTRIBUTION, write_chexpert_phantom
from radiobundle.phantoms.chexpert_findings import OBSERVATIONS
from radiobundle.sources.chexpert import read_chexpert
from radiobundle.sources.chexpert_labels import LABELS

COLUMNS = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS]


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "chexpert"
    assert main(["phantom", "chexpert", str(folder), "--images", "120", "--size", "64", "--seed", "3"]) == 0
    return folder


def test_tables_and_paths_are_those_of_the_distribution(phantom: Path) -> None:
    train = pd.read_csv(phantom / DISTRIBUTION / "train.csv")
    assert list(train.columns) == COLUMNS
    pattern = DISTRIBUTION + r"/train/patient\d{5}/study\d+/view[12]_(?:frontal|lateral)\.jpg"
    assert train["Path"].str.fullmatch(pattern).all()
    assert all((phantom / path).is_file() for path in train["Path"])
    assert set(train["Frontal/Lateral"]) == {"Frontal", "Lateral"}


def test_labels_are_incomplete_in_train_and_complete_in_valid(phantom: Path) -> None:
    train, valid = (pd.read_csv(phantom / DISTRIBUTION / f"{name}.csv")[list(LABELS)] for name in ("train", "valid"))
    cells = train.to_numpy()
    assert set(cells[~np.isnan(cells)]) == {-1.0, 0.0, 1.0} and np.isnan(cells).mean() > 0.3
    assert set(np.unique(valid)) == {0.0, 1.0}
    assert (valid.sum() > 0).all()
    broken = (train["Edema"] == 1) & (train["Lung Opacity"] != 1)
    assert broken.any(), "a child without its parent, as in the real table"
    assert not ((valid["Edema"] == 1) & (valid["Lung Opacity"] != 1)).any()


def test_source_reads_it_from_either_folder(phantom: Path) -> None:
    assert len(read_chexpert(phantom, view="all").table) == 120
    assert len(read_chexpert(phantom / DISTRIBUTION, view="all").table) == 120


def test_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_chexpert_phantom(tmp_path / name, n_images=100, size_px=32, seed=1)
    tables = [(tmp_path / name / DISTRIBUTION / "train.csv").read_bytes() for name in ("one", "two")]
    assert tables[0] == tables[1]
    path = f"{DISTRIBUTION}/train/patient00001/study1/view1_frontal.jpg"
    images = [np.asarray(Image.open(tmp_path / name / path)) for name in ("one", "two")]
    assert np.array_equal(*images)


@pytest.mark.parametrize("finding", OBSERVATIONS)
def test_every_observation_is_drawn(finding: str) -> None:
    random = np.random.default_rng(0)
    anatomy = draw_anatomy(random)
    grid = patient_grid(anatomy, 96)
    change = OBSERVATIONS[finding](anatomy, grid, random, 0.15)
    assert np.abs(change).max() > 0.02 and np.isfinite(change).all()
    assert np.abs(change).max() < attenuation(anatomy, grid).max()


def test_images_say_that_they_are_synthetic(phantom: Path) -> None:
    assert "SYNTHETIC" in (phantom / "README.txt").read_text()
    with Image.open(next(phantom.rglob("view1_frontal.jpg"))) as image:
        assert b"synthetic" in image.info["comment"]


def test_default_list_has_frontal_views_and_the_radiologists_test(phantom: Path, tmp_path: Path) -> None:
    assert main(["datalist", "chexpert", str(phantom), "--output", str(tmp_path / "d.json")]) == 0
    content = json.loads((tmp_path / "d.json").read_text())
    items = [item for split in ("training", "validation", "test") for item in content[split]]
    assert not any("lateral" in item["image"] for item in items)
    assert all("/valid/" in item["image"] for item in content["test"])
