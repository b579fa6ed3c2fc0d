from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from image_files import save_image
from radiobundle.cli import main
from radiobundle.datalists.audit import audit_files
from radiobundle.datalists.datalist_file import Datalist, write_datalist
from radiobundle.phantoms.pneumonia import write_pneumonia_phantom


def noise_image(path: Path, seed: int, size_px: int = 64) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 8), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((size_px, size_px), Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number in range(6):
        noise_image(tmp_path / "images" / f"{number}.png", number)
    return tmp_path / "images"


def listed(images: Path, *, patients: dict[str, str] | None = None, labels: dict[str, list[int]] | None = None) -> Path:
    """A list of the folder's images, each of another patient where `patients` does not say otherwise."""
    names = sorted(path.name for path in images.iterdir())
    items = [{"image": name, "label": (labels or {}).get(name, [1, 0]), "patient_id": f"of {name}"} for name in names]
    for item in items:
        item["patient_id"] = (patients or {}).get(str(item["image"]), item["patient_id"])
    splits = {"training": items[:4], "validation": items[4:5], "test": items[5:]}
    path = images.parent / "d.json"
    write_datalist(Datalist(("a", "b"), "multilabel", splits), path)
    return path


def run(datalist: Path, images: Path, *more: str) -> int:
    return main(["audit", str(datalist), "--dataset-dir", str(images), *more])


def test_clean_list_passes(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(listed(images), images) == 0
    assert "no leakage found" in capsys.readouterr().out


def test_byte_identical_images_across_splits_fail_and_are_named(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(images / "0.png", images / "5.png")
    assert run(listed(images), images) == 1
    assert "test / training: 0.png, 5.png" in capsys.readouterr().out


def test_near_identical_images_across_splits_fail(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Image.open(images / "1.png") as image:
        image.resize((100, 100)).save(images / "4.png")
    assert run(listed(images), images) == 1
    out = capsys.readouterr().out
    assert "training / validation: 1.png, 4.png" in out
    assert "4.png: 100x100" in out


def test_patient_across_splits_fails(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(listed(images, patients={"0.png": "p1", "5.png": "p1", "1.png": "p2"}), images) == 1
    assert "patient p1: training 0.png; test 5.png" in capsys.readouterr().out


def test_copies_within_a_split_do_not_fail_but_contradictions_are_told(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(images / "0.png", images / "1.png")
    assert run(listed(images, labels={"1.png": [0, 1]}), images) == 0
    out = capsys.readouterr().out
    assert "byte-identical groups: 1 (1 within training, 0 across splits)" in out
    assert "byte-identical, labels contradict each other: 1\n  0.png, 1.png" in out


def test_broken_missing_and_odd_files_are_listed(images: Path) -> None:
    datalist = listed(images, labels={"0.png": [1, 1], "1.png": [-1, 0]})
    (images / "0.png").write_bytes(b"")
    (images / "1.png").unlink()
    with Image.open(images / "2.png") as image:
        image.convert("RGBA").save(images / "2.png")
    report = audit_files(datalist, images)
    assert list(report.unreadable) == ["0.png"]
    assert "empty" in report.unreadable["0.png"]
    assert report.missing == ["1.png"]
    assert report.odd_mode == {"2.png": "RGBA"}
    assert report.splits["training"].co_occurrence == [[3, 1], [1, 1]]
    assert report.splits["training"].ignored == {"a": 1, "b": 0}


def test_json_report_is_complete(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(images / "0.png", images / "5.png")
    assert run(listed(images), images, "--json", "-") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["leakage"] is True
    assert report["byte_identical"][0]["images"] == ["0.png", "5.png"]
    assert report["checksum_matches"] is True


def test_hand_edited_list_is_told(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listed(images)
    path.write_text(path.read_text().replace('"label": [1, 0]', '"label": [0, 1]', 1))
    assert run(path, images) == 0
    assert "edited by hand" in capsys.readouterr().out


def test_missing_dataset_folder_is_named(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(listed(images), images / "nowhere") == 2
    assert "nowhere: no such folder" in capsys.readouterr().err


def test_what_could_not_be_checked_does_not_pass(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    datalist = listed(images)
    (images / "5.png").write_bytes(b"no image")
    assert run(datalist, images) == 3
    out = capsys.readouterr().out
    assert "COULD NOT BE CHECKED: 1 of 6 images could not be read" in out
    assert "5 of 6 images read, 1 unreadable, 0 missing; 4 pairs across splits" in out
    for path in images.iterdir():
        path.unlink()
    assert run(datalist, images) == 3
    assert "no leakage found:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("patients", "known"), [({}, 6), ({"0.png": "unknown"}, 5), ({"0.png": "", "1.png": "nan"}, 4)]
)
def test_unknown_patients_do_not_pass(
    images: Path, capsys: pytest.CaptureFixture[str], patients: dict[str, str], known: int
) -> None:
    datalist = listed(images, patients=patients)
    assert run(datalist, images) == (0 if known == 6 else 3)
    assert f"patients of {known} of 6 images" in capsys.readouterr().out
    assert run(datalist, images, "--without-patients") == 0


def test_one_split_is_nothing_to_compare(images: Path) -> None:
    datalist = listed(images)
    content = json.loads(datalist.read_text())
    content["training"] += content.pop("validation") + content.pop("test")
    datalist.write_text(json.dumps(content))
    assert run(datalist, images) == 3


@pytest.mark.parametrize("spellings", [("12", "12.0"), ("00012", "12"), ("P5 ", "p5")])
def test_patient_across_splits_in_another_spelling_fails(images: Path, spellings: tuple[str, str]) -> None:
    assert run(listed(images, patients={"0.png": spellings[0], "5.png": spellings[1]}), images) == 1


@pytest.mark.parametrize(
    ("name", "cut", "leak"),
    [
        ("patient{patient:05}/{number}.png", 3, "patient patient00001 (by the path): training"),
        ("{number}.png", 4, "study s0"),
    ],
)
def test_patient_in_the_path_or_study_across_splits_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, cut: int, leak: str
) -> None:
    items = []
    for number in range(8):
        image = name.format(patient=number // 2, number=number)
        noise_image(tmp_path / image, number)
        items.append({"image": image, "label": [1, 0], "study_id": f"s{number % 4}"})
    splits = {"training": items[:cut], "test": items[cut:]}
    write_datalist(Datalist(("a", "b"), "multilabel", splits), tmp_path / "d.json")
    assert run(tmp_path / "d.json", tmp_path) == 1
    assert leak in capsys.readouterr().out


@pytest.mark.parametrize("word", ["TBC", "\u2014"])
def test_word_for_nobody_does_not_pass_as_one_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    items = []
    for number in range(40):
        noise_image(tmp_path / f"{number}.png", number)
        patient = word if number < 25 else f"p{number}"
        items.append({"image": f"{number}.png", "label": [1, 0], "patient_id": patient})
    splits = {"training": items[:30], "test": items[30:]}
    write_datalist(Datalist(("a", "b"), "multilabel", splits), tmp_path / "d.json")
    assert run(tmp_path / "d.json", tmp_path) == 3
    out = capsys.readouterr().out
    assert "COULD NOT BE CHECKED: the patients of 25 of 40 images are unknown" in out
    assert ("note: WARNING: 'TBC' is the patient of 25 of 40 images" in out) == (word == "TBC")


@pytest.mark.parametrize(("key", "status"), [("testing", 1), ("Test", 1), ("test_external", 2), ("fold1", 2)])
def test_no_item_is_left_unread(images: Path, key: str, status: int) -> None:
    datalist = listed(images, patients={"0.png": "p1", "5.png": "p1"})
    content = json.loads(datalist.read_text())
    content[key] = content.pop("test")
    datalist.write_text(json.dumps(content))
    assert run(datalist, images) == status


def test_images_with_too_many_likenesses_do_not_pass(
    images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiobundle.datalists.survey.look_alikes", lambda *_: ([], 2))
    assert run(listed(images), images) == 3
    out = capsys.readouterr().out
    assert "COULD NOT BE CHECKED: 2 images have more similar images than were examined closely" in out


def test_image_that_nobody_may_look_for_is_listed_and_the_audit_goes_on(images: Path) -> None:
    datalist = listed(images)
    content = json.loads(datalist.read_text())
    content["test"][0]["image"] = "a" * 300 + "/5.png"
    datalist.write_text(json.dumps(content))
    assert audit_files(datalist, images).missing == ["a" * 300 + "/5.png"]


@pytest.mark.parametrize("twice", ["0.png", "./0.png", "x/../0.png"])
def test_image_twice_is_refused(images: Path, capsys: pytest.CaptureFixture[str], twice: str) -> None:
    datalist = listed(images)
    content = json.loads(datalist.read_text())
    content["training"].append({**content["training"][0], "image": twice})
    datalist.write_text(json.dumps(content))
    assert run(datalist, images) == 2
    assert "0.png' " in capsys.readouterr().err


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Six synthetic radiographs of 10 bits."""
    folder = tmp_path_factory.mktemp("phantom") / "p"
    write_pneumonia_phantom(folder, n_images=40, size_px=96, seed=0)
    paths = sorted((folder / "train").rglob("*.jpg"))[:6]
    return [np.asarray(Image.open(path).convert("L")).astype(np.uint16) * 4 for path in paths]


@pytest.mark.parametrize("suffix", [".dcm", ".nii.gz", ".nrrd"])
def test_other_formats_are_compared_and_their_png_across_splits_is_a_copy(
    suffix: str, radiographs: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip({".dcm": "pydicom", ".nii.gz": "nibabel", ".nrrd": "itk"}[suffix])
    images = tmp_path / "images"
    images.mkdir()
    for number, pixels in enumerate(radiographs):
        save_image(images / f"{number}{suffix}", pixels)
    assert run(listed(images), images) == 0
    assert "no leakage found" in capsys.readouterr().out
    (images / f"5{suffix}").unlink()
    Image.fromarray((radiographs[0] // 4).astype(np.uint8)).save(images / "5.png")
    assert run(listed(images), images) == 1
    assert f"0{suffix}, 5.png (copy)" in capsys.readouterr().out
    (images / f"1{suffix}").write_bytes((images / f"1{suffix}").read_bytes()[:200])
    (images / "5.png").unlink()
    save_image(images / f"5{suffix}", radiographs[5])
    assert run(listed(images), images) == 3
    assert f"1{suffix}" in capsys.readouterr().out
