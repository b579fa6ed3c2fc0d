"""What is written about a DICOM image is read back: the report by its codes, the heat map by its pixels."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bundle_runs import TINY, make_blob_list, run_bundle
from image_files import STUDY, make_dicom
from radiobundle.cli import main

hd = pytest.importorskip("highdicom")
pydicom = pytest.importorskip("pydicom")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    paths = make_blob_list(tmp_path_factory.mktemp("run"), count=120)
    run_bundle("train", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=20)
    return paths["output_dir"]


def predict(run: str, image: Path, output: Path, *options: str) -> int:
    return main(["predict", run, str(image), "--output", str(output), "--dicom", *options])


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def check_report(path: Path, image: Path, row: pd.Series) -> None:
    """Read a report back by highdicom's own reader."""
    report, source = hd.sr.srread(path), pydicom.dcmread(image, stop_before_pixels=True)
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (report.StudyInstanceUID, report.PatientID) == (source.StudyInstanceUID, source.PatientID)
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    groups = {group.tracking_identifier: group for group in report.content.get_image_measurement_groups()}
    assert set(groups) == {"normal", "covid", "non-covid", "out of distribution"}
    for label, (value, scheme) in {"normal": ("17621005", "SCT"), "covid": ("75570004", "SCT")}.items():
        group = groups[label]
        assert (group.finding_type.value, group.finding_type.scheme_designator) == (value, scheme)
        numbers = {number.name.meaning: number.value for number in group.get_measurements()}
        assert numbers["Probability"] == pytest.approx(row[f"prob:{label}"], abs=1e-6)
        assert numbers["Calibrated probability"] == pytest.approx(row[f"calibrated:{label}"], abs=1e-6)
        (evaluation,) = group.get_qualitative_evaluations()
        assert evaluation.value.meaning == ("Present" if row["predicted"] == label else "Absent")
        (image,) = group.source_images
        assert image.referenced_sop_instance_uid == source.SOPInstanceUID
    (share,) = groups["out of distribution"].get_measurements()
    assert share.value == pytest.approx(row["ood_score"])


def check_capture(path: Path, image: Path, figure: Path) -> None:
    capture, source = pydicom.dcmread(path), pydicom.dcmread(image, stop_before_pixels=True)
    assert capture.SOPClassUID.name == "Secondary Capture Image Storage"
    assert capture.StudyInstanceUID == source.StudyInstanceUID
    assert capture.SeriesInstanceUID != source.get("SeriesInstanceUID")
    assert capture.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    np.testing.assert_array_equal(capture.pixel_array, np.asarray(Image.open(figure).convert("RGB")))


def validate(output: Path) -> None:
    """David Clunie's dciodvfy finds no error in anything that was written."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("install dicom3tools to have what is written checked by dciodvfy")
    for path in (output / "dicom").iterdir():
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        assert [line for line in lines if line.startswith("Error")] == [], path.name
        assert any("SR" in line or "SC" in line for line in lines), lines


def check_image(run: str, image: Path, output: Path) -> None:
    assert predict(run, image, output, "--explain") == 0
    row = pd.read_csv(output / "predictions.csv").iloc[0]
    check_report(only(output / "dicom", "*.sr.dcm"), image, row)
    check_capture(only(output / "dicom", "*.heat.dcm"), image, only(output / "heat", "*.png"))


def test_report_and_heat_map_are_read_back(run: str, tmp_path: Path) -> None:
    image = make_dicom(tmp_path / "a.dcm", BurnedInAnnotation="YES", **STUDY)
    check_image(run, image, tmp_path / "out")
    assert pd.read_csv(tmp_path / "out/predictions.csv")["burned_in_annotation"].tolist() == ["YES"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["RG3_J2KR", "highdicom_dx_image"])
def test_real_images_are_reported_on(run: str, name: str, real_data_dir: Path, tmp_path: Path) -> None:
    check_image(run, real_data_dir / "dicom" / f"{name}.dcm", tmp_path / "out")
    validate(tmp_path / "out")


@pytest.mark.real_data
def test_real_image_whose_own_uid_is_illegal_gets_a_stated_refusal(
    run: str, real_data_dir: Path, tmp_path: Path
) -> None:
    image = real_data_dir / "dicom/CR-ModalitySequenceLUT.dcm"
    assert predict(run, image, tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 1
    (reason,) = pd.read_csv(tmp_path / "out/failed.csv")["reason"]
    assert "SOPInstanceUID '999.999.01.23.45.6789' is not legal" in reason


def test_written_objects_are_valid(run: str, tmp_path: Path) -> None:
    image = make_dicom(tmp_path / "a.dcm", **STUDY, BodyPartExamined="CHEST", ViewPosition="PA")
    assert predict(run, image, tmp_path / "out", "--explain") == 0
    assert len(list((tmp_path / "out/dicom").iterdir())) == 2
    validate(tmp_path / "out")


NAMES = {
    "": "Doe^Jane",
    "ISO_IR 100": "Müller^Jörg",
    "ISO_IR 144": "Люкceмбypг",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "GB18030": "Wang^XiaoDong=王^小东",
    "ISO_IR 192": "Buc^Jérôme",
}


@pytest.mark.parametrize("charset", NAMES)
def test_report_keeps_names_and_labels_of_any_script(charset: str, run: str, tmp_path: Path) -> None:
    labels = ("細菌性肺炎", "pleural_thickening_left", "pleural_thickening_right")
    other = Path(shutil.copytree(run, tmp_path / "run"))
    text = (other / "run.json").read_text().replace('"dicom_codes"', '"no_codes"')
    manifest = json.loads(text)
    manifest["config"]["_meta_"]["network_data_format"]["outputs"]["pred"]["channel_def"] = dict(
        zip(("0", "1", "2"), labels, strict=True)
    )
    (other / "run.json").write_text(json.dumps(manifest))
    for name in ("thresholds.json", "calibration.json"):
        (other / "models" / name).unlink()
    header = {"SpecificCharacterSet": charset.split("\\") if charset else "", **STUDY, "PatientName": NAMES[charset]}
    image = make_dicom(tmp_path / "a.dcm", **header)
    assert predict(str(other), image, tmp_path / "out", "--explain") == 0
    for path in (tmp_path / "out/dicom").iterdir():
        found = pydicom.dcmread(path)
        assert found.SpecificCharacterSet == "ISO_IR 192" and str(found.PatientName) == NAMES[charset]
    report = hd.sr.srread(only(tmp_path / "out/dicom", "*.sr.dcm"))
    codes = [group.finding_type for group in report.content.get_image_measurement_groups()][:3]
    assert tuple(code.meaning for code in codes) == labels
    assert len({code.value for code in codes}) == 3 and all(len(code.value) <= 16 for code in codes)
    (scheme,) = report.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == codes[0].scheme_designator == "99RADIOBUNDLE"
    validate(tmp_path / "out")


ILLEGAL = {
    "StudyInstanceUID": ["1.2.03", "1.2.a", "1" * 65, "9.1.2", "1.2."],
    "SOPInstanceUID": ["1.02.3"],
    "PatientID": ["x" * 65, "A\\B"],
    "PatientName": ["A^B^C^D^E^F", "A=B=C=D"],
    "AccessionNumber": ["x" * 17],
}


@pytest.mark.parametrize(("keyword", "value"), [(key, value) for key, values in ILLEGAL.items() for value in values])
def test_illegal_identifier_is_a_stated_refusal(keyword: str, value: str, run: str, tmp_path: Path) -> None:
    with pydicom.config.disable_value_validation():
        image = make_dicom(tmp_path / "a.dcm", **{**STUDY, keyword: value})
    assert predict(run, image, tmp_path / "out") == 1
    (reason,) = pd.read_csv(tmp_path / "out/failed.csv")["reason"]
    assert f"{keyword} " in reason and "not legal" in reason
    assert not (tmp_path / "out/dicom").exists() or not list((tmp_path / "out/dicom").iterdir())


def with_latin_1_bytes(path: Path, keyword: str) -> Path:
    """Write a DICOM image that says its text is UTF-8 and has a name in Latin-1."""
    image = pydicom.dcmread(make_dicom(path, SpecificCharacterSet="ISO_IR 192", **{**STUDY, keyword: "M@ller^J"}))
    image.save_as(path)
    path.write_bytes(path.read_bytes().replace(b"M@ller", b"M\xfcller"))
    return path


def test_identifier_in_another_character_set_is_a_stated_refusal(run: str, tmp_path: Path) -> None:
    assert predict(run, with_latin_1_bytes(tmp_path / "a.dcm", "PatientName"), tmp_path / "out") == 1
    (reason,) = pd.read_csv(tmp_path / "out/failed.csv")["reason"]
    assert "PatientName " in reason and "not valid in the file's character set" in reason
    assert not (tmp_path / "out/dicom").exists() or not list((tmp_path / "out/dicom").iterdir())


def test_other_text_in_another_character_set_is_left_out_and_said(
    run: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = with_latin_1_bytes(tmp_path / "a.dcm", "ReferringPhysicianName")
    assert predict(run, image, tmp_path / "out") == 0
    assert "ReferringPhysicianName" in caplog.text
    assert not pydicom.dcmread(only(tmp_path / "out/dicom", "*.sr.dcm")).ReferringPhysicianName
    validate(tmp_path / "out")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientBirthDate", "01/02/1960"), ("PatientSex", "female"), ("StudyTime", "25:00"), ("StudyID", "x" * 17)],
)
def test_other_illegal_text_is_left_out_and_said(
    keyword: str, value: str, run: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pydicom.config.disable_value_validation():
        image = make_dicom(tmp_path / "a.dcm", **{**STUDY, keyword: value})
    assert predict(run, image, tmp_path / "out") == 0
    assert keyword in caplog.text
    validate(tmp_path / "out")


def test_image_whose_header_cannot_carry_a_report_is_predicted_and_listed(run: str, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    make_dicom(folder / "bare.dcm")
    make_dicom(folder / "whole.dcm", **STUDY)
    Image.fromarray(np.eye(9, dtype=np.uint8)).save(folder / "a.png")
    assert predict(run, folder, tmp_path / "out") == 1
    assert len(pd.read_csv(tmp_path / "out/predictions.csv")) == 3
    failed = pd.read_csv(tmp_path / "out/failed.csv").set_index("image")["reason"]
    assert list(failed.index) == ["bare.dcm"] and "StudyInstanceUID" in failed["bare.dcm"]
    assert [path.name for path in (tmp_path / "out/dicom").iterdir()] == ["whole.dcm.sr.dcm"]


def test_label_without_a_code_gets_a_private_one(run: str, tmp_path: Path) -> None:
    other = Path(shutil.copytree(run, tmp_path / "run"))
    text = (other / "run.json").read_text().replace('"dicom_codes"', '"no_codes"')
    (other / "run.json").write_text(text)
    image = make_dicom(tmp_path / "a.dcm", **STUDY)
    assert predict(str(other), image, tmp_path / "out") == 0
    report = hd.sr.srread(only(tmp_path / "out/dicom", "*.sr.dcm"))
    codes = {group.finding_type for group in report.content.get_image_measurement_groups()}
    assert {(code.value, code.scheme_designator) for code in codes} >= {("NON-COVID", "99RADIOBUNDLE")}
