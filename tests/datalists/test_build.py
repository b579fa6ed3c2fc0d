from __future__ import annotations

import json
import shutil
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from image_files import save_image
from radiobundle.cli import main
from radiobundle.datalists import fingerprints
from radiobundle.datalists.audit import audit_files
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.phantoms.pneumonia import write_pneumonia_phantom


@pytest.fixture(scope="module")
def phantom_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "phantom"
    write_pneumonia_phantom(folder, n_images=60, size_px=64, seed=3)
    return folder


@pytest.fixture
def phantom(phantom_source: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(phantom_source, tmp_path / "phantom"))


def make(phantom: Path, output: Path, *options: str) -> int:
    return main(["datalist", "pneumonia", str(phantom), "--output", str(output), *options])


def test_default_keeps_test_and_carves_validation(phantom: Path, tmp_path: Path) -> None:
    assert make(phantom, tmp_path / "d.json") == 0
    datalist = read_datalist(tmp_path / "d.json")
    assert all(item["image"].startswith("test/") for item in datalist.splits["test"])
    assert len(datalist.splits["test"]) == sum(1 for _ in (phantom / "test").rglob("*.jpg"))
    assert datalist.provenance["split"] == "carved"
    assert not any(item["image"].startswith("test/") for item in datalist.splits["validation"])


def test_same_input_and_seed_give_the_same_bytes(phantom: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert make(phantom, tmp_path / f"{name}.json") == 0
    assert make(phantom, tmp_path / "c.json", "--seed", "1") == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.json").read_bytes() != (tmp_path / "c.json").read_bytes()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--hierarchy", "chexprt"), "--hierarchy 'chexprt'"),
        (("--uncertain", "cvid=ones,*=ignore"), "--uncertain: there is no label 'cvid'"),
    ],
)
def test_wrong_choices_are_refused_before_images_are_read(
    phantom: Path, tmp_path: Path, options: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (phantom / "train/normal/1.jpg").write_bytes(b"not an image")  # it would be the first complaint of the reading
    assert make(phantom, tmp_path / "d.json", *options) == 2
    assert reason in capsys.readouterr().err


def test_copies_travel_together(phantom: Path, tmp_path: Path) -> None:
    original = phantom / "train/normal/1.jpg"
    shutil.copy(original, phantom / "val/normal/99.jpg")
    with Image.open(original) as image:
        image.resize((96, 96)).save(phantom / "train/normal/98.jpg", quality=70)
    assert make(phantom, tmp_path / "d.json", "--split", "stratified", "--folds", "3") == 0
    copies = {"train/normal/1.jpg", "val/normal/99.jpg", "train/normal/98.jpg"}
    for fold in range(3):
        datalist = read_datalist(tmp_path / f"d-fold{fold}.json")
        holders = [name for name, items in datalist.splits.items() if copies & {item["image"] for item in items}]
        assert len(holders) == 1
        assert datalist.provenance["duplicates"]["byte_identical"] == [sorted(copies - {"train/normal/98.jpg"})]
        assert copies in [set(group) for group in datalist.provenance["duplicates"]["near_identical"]]


def test_copy_of_a_test_image_is_left_out_of_training(phantom: Path, tmp_path: Path) -> None:
    shutil.copy(phantom / "test/normal/1.jpg", phantom / "train/normal/97.jpg")
    assert make(phantom, tmp_path / "d.json") == 0
    assert read_datalist(tmp_path / "d.json").provenance["left_out_linked_to_test"] == ["train/normal/97.jpg"]


def test_broken_image_stops_and_is_named(phantom: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (phantom / "train/normal/1.jpg").write_bytes(b"")
    assert make(phantom, tmp_path / "d.json") == 2
    error = capsys.readouterr().err
    assert "train/normal/1.jpg" in error
    assert "--on-bad-image skip" in error
    assert not (tmp_path / "d.json").exists()


def test_broken_images_are_skipped_and_listed(phantom: Path, tmp_path: Path) -> None:
    (phantom / "train/normal/1.jpg").write_bytes(b"")
    whole = (phantom / "train/normal/2.jpg").read_bytes()
    (phantom / "train/normal/2.jpg").write_bytes(whole[: len(whole) // 2])
    assert make(phantom, tmp_path / "d.json", "--on-bad-image", "skip") == 0
    lines = (tmp_path / "d.bad.csv").read_text().splitlines()
    assert lines[0] == "image,reason"
    assert [line.split(",")[0] for line in lines[1:]] == ["train/normal/1.jpg", "train/normal/2.jpg"]
    datalist = read_datalist(tmp_path / "d.json")
    assert len(datalist.splits["training"]) + len(datalist.splits["validation"]) + len(datalist.splits["test"]) == 58


@pytest.mark.parametrize(("choice", "status", "images"), [("error", 2, 0), ("skip", 0, 9), ("keep", 0, 10)])
def test_missing_images_choice(phantom: Path, tmp_path: Path, choice: str, status: int, images: int) -> None:
    names = sorted((phantom / "train/infected/non-covid").iterdir())[:9]
    rows = ["train/none/0.jpg,0"]
    rows += [f"{name.relative_to(phantom).as_posix()},{k % 2}" for k, name in enumerate(names)]
    (tmp_path / "t.csv").write_text("image,a\n" + "\n".join(rows) + "\n")
    command = ["datalist", "csv", str(phantom), "--csv", str(tmp_path / "t.csv"), "--labels", "a"]
    command += ["--output", str(tmp_path / "d.json"), "--missing-images", choice]
    assert main(command) == status
    if status == 0:
        assert sum(map(len, read_datalist(tmp_path / "d.json").splits.values())) == images


@pytest.mark.parametrize("suffix", [".dcm", ".nii.gz", ".nrrd"])
def test_images_of_other_formats_are_listed_compared_and_named_where_broken(
    suffix: str, phantom: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip({".dcm": "pydicom", ".nii.gz": "nibabel", ".nrrd": "itk"}[suffix])
    images = tmp_path / "images"
    images.mkdir()
    for number, path in enumerate(sorted((phantom / "train").rglob("*.jpg"))[:12]):
        save_image(images / f"{number}{suffix}", np.asarray(Image.open(path).convert("L")).astype(np.uint16) * 4)
        if number == 0:
            shutil.copy(path, images / "copy.jpg")
    names = sorted(path.name for path in images.iterdir())
    rows = "".join(f"{name},{number % 2},p{number}\n" for number, name in enumerate(names))
    (tmp_path / "t.csv").write_text(f"image,a,patient\n{rows}")
    command = ["datalist", "csv", str(images), "--csv", str(tmp_path / "t.csv"), "--labels", "a"]
    command += ["--patient-column", "patient", "--output", str(tmp_path / "d.json"), "--duplicates", "bytes,near"]
    assert main(command) == 0
    datalist = read_datalist(tmp_path / "d.json")
    assert sorted(item["image"] for items in datalist.splits.values() for item in items) == names
    assert datalist.provenance["duplicates"]["near_identical"] == [[f"0{suffix}", "copy.jpg"]]
    (images / f"3{suffix}").write_bytes((images / f"3{suffix}").read_bytes()[:200])
    assert main(command) == 2
    assert f"3{suffix}" in capsys.readouterr().err
    assert main([*command, "--on-bad-image", "skip"]) == 0
    assert sum(map(len, read_datalist(tmp_path / "d.json").splits.values())) == len(names) - 1


def test_no_patient_in_two_splits_of_112120_rows_in_seconds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    findings = [f"F{k}" for k in range(14)]
    patients = random.integers(0, 30_805, 112_120)
    chosen = random.random((112_120, 14)) < 0.05
    rows = [
        f"{i}.png,{'|'.join(f for f, c in zip(findings, row, strict=True) if c) or 'No Finding'},{patient}"
        for i, (row, patient) in enumerate(zip(chosen, patients, strict=True))
    ]
    (tmp_path / "t.csv").write_text("image,found,who\n" + "\n".join(rows) + "\n")
    start = time.perf_counter()
    command = ["datalist", "csv", str(tmp_path), "--label-column", "found", "--label-separator", "|"]
    command += ["--no-finding", "No Finding", "--patient-column", "who", "--split", "patient"]
    command += ["--missing-images", "keep", "--duplicates", "none", "--output", str(tmp_path / "d.json")]
    assert main(command) == 0
    splits = read_datalist(tmp_path / "d.json").splits
    assert time.perf_counter() - start < 40
    people = {name: {item["patient_id"] for item in items} for name, items in splits.items()}
    assert not people["training"] & people["validation"]
    assert not people["training"] & people["test"]
    assert not people["validation"] & people["test"]
    assert abs(len(splits["training"]) / 112_120 - 0.7) < 0.002


@pytest.mark.real_data
@pytest.mark.slow
def test_real_default_split_is_stratified_and_keeps_duplicates_together(
    real_data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the audit need not read the images again
    monkeypatch.setattr(fingerprints, "_fingerprint", cache(fingerprints._fingerprint))
    folder = real_data_dir / "pneumonia_xray"
    assert make(folder, tmp_path / "d.json", "--duplicates", "bytes,near") == 0
    raw = json.loads((tmp_path / "d.json").read_text())
    assert raw["provenance"]["counts"]["validation"] == {"images": 524, "normal": 135, "covid": 135, "non-covid": 254}
    assert len(raw["provenance"]["duplicates"]["byte_identical"]) == 29
    assert raw["provenance"]["duplicates"]["changes"] == []
    # The list of the pneumonia bundle: its checksum is in datalists/README.md.
    assert raw["provenance"]["sha256"] == "a63991f7e024161bfa6b3e00f9c568b7bdc7ffba3cc2bbbf92c9a7622daf3093"
    split_of = {item["image"]: split for split in ("training", "validation", "test") for item in raw[split]}
    for group in raw["provenance"]["duplicates"]["byte_identical"]:
        assert len({split_of[image] for image in group}) == 1

    assert make(folder, tmp_path / "given.json", "--split", "given", "--duplicates", "none") == 0
    report = audit_files(tmp_path / "given.json", folder)
    assert sum(group.splits == ["training"] for group in report.byte_identical) == 24
    assert sum(group.splits == ["test"] for group in report.byte_identical) == 5
    assert len(report.byte_identical) == 29
    # test/infected/covid/55.jpg and 56.jpg are two exposures of one child, sheared against each other
    assert report.near_identical == []
    assert not report.leakage
    assert report.compared.read == report.compared.images == 5575
