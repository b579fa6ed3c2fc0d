"""The phantom in the NIH's layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.phantoms.chestxray14 import draw_findings_image, write_chestxray14_phantom
from radiobundle.phantoms.findings import FINDINGS
from radiobundle.sources.chestxray14 import LABELS, read_chestxray14


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "nih"
    assert main(["phantom", "chestxray14", str(folder), "--images", "90", "--size", "64", "--seed", "4"]) == 0
    return folder


def test_source_reads_it_and_every_finding_is_in_both_lists(phantom: Path) -> None:
    table = read_chestxray14(phantom).table
    assert len(table) == 90 and set(table["split"]) == {"training", "test"}
    assert (table.groupby("split")[list(LABELS)].sum() > 0).all(axis=None)
    assert (table.groupby("patient_id")["split"].nunique() == 1).all()
    assert not table[list(LABELS)].any(axis=1).all()  # some images show nothing


def test_images_say_that_they_are_synthetic(phantom: Path) -> None:
    assert "SYNTHETIC" in (phantom / "README.txt").read_text()
    with Image.open(next((phantom / "images").iterdir())) as image:
        assert image.size == (64, 64) and image.mode == "L" and "synthetic" in image.info["Comment"]


def test_boxes_are_on_test_images_and_of_their_findings(phantom: Path, tmp_path: Path) -> None:
    assert main(["datalist", "chestxray14", str(phantom), "--output", str(tmp_path / "d.json")]) == 0
    datalist = json.loads((tmp_path / "d.json").read_text())
    assert not any("boxes" in item for split in ("training", "validation") for item in datalist[split])
    boxed = [(item, box) for item in datalist["test"] for box in item.get("boxes", [])]
    assert {box["label"] for _, box in boxed} == set(LABELS[:8])
    for item, box in boxed:
        assert item["label"][LABELS.index(box["label"])] == 1


@pytest.mark.parametrize("finding", FINDINGS)
def test_finding_changes_the_image_inside_its_box(finding: str) -> None:
    changes = []
    for number in range(8):
        with_it, boxes = draw_findings_image((finding,), size_px=96, random=np.random.default_rng(number))
        without, _ = draw_findings_image((), size_px=96, random=np.random.default_rng(number))
        x, y, width, height = (round(96 * value) for value in boxes[finding])
        difference = np.abs(with_it.astype(float) - without)
        inside = np.zeros((96, 96), dtype=bool)
        inside[y : y + height, x : x + width] = True
        changes.append(difference[inside].mean() - difference[~inside].mean())
    assert np.mean(changes) > 0


def test_same_seed_draws_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_chestxray14_phantom(tmp_path / name, n_images=90, size_px=32, seed=seed)
    contents = [
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in "abc"
    ]
    assert contents[0] == contents[1] != contents[2]


def test_too_few_images_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phantom", "chestxray14", str(tmp_path / "x"), "--images", "50"]) == 2
    assert "at least 90" in capsys.readouterr().err
