"""Patients that only the path names."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.sources.path_patients import patients_in_paths


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [("train/patient{:05}/study1/view1.jpg", "patient<number>"), ("p10/p100000{:02}/s5/x.dcm", "p<8 digits>")]
    + [("person{}_virus_7.jpeg", "person<number>"), ("sub-{:02}/cxr.png", "sub-<name>"), ("P{:04}_1.png", "p<number>")]
    + [("000000{:02}_000.png", "<8 digits>_<3 digits>"), ("CXR{}_1_IM-0001-3001.png", "CXR<number>")],
)
def test_patients_are_found_in_paths(pattern: str, rule: str) -> None:
    names = pd.Series([pattern.format(k // 2).replace("_000", f"_{k % 2:03}") for k in range(20)])
    found = patients_in_paths(names)
    assert found is not None and found.rule == rule
    assert found.ids.nunique() == 10 and found.n_images == 20


@pytest.mark.parametrize("pattern", ["img_{}.png", "{}/image.png", "class{}.png", "p1/{}.png"])
def test_no_patient_is_made_up(pattern: str) -> None:
    assert patients_in_paths(pd.Series([pattern.format(k) for k in range(40)])) is None


def test_patients_in_paths_are_kept_together_said_and_can_be_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"patient{k // 5:03}/{k}.png,{k % 2}\n" for k in range(100))
    (tmp_path / "table.csv").write_text(f"image,a\n{rows}")
    command = ["datalist", "csv", str(tmp_path), "--labels", "a", "--output", str(tmp_path / "d.json")]
    command += ["--missing-images", "keep", "--duplicates", "none"]
    assert main(command) == 0
    assert "the paths of 100 of 100 images hold patient ids (patient<number>" in capsys.readouterr().err
    content = json.loads((tmp_path / "d.json").read_text())
    people = [{item["patient_id"] for item in content[split]} for split in ("training", "validation", "test")]
    assert not people[0] & people[1] and not people[0] & people[2] and not people[1] & people[2]
    assert main([*command, "--patients-from-paths", "no"]) == 0
    assert "WARNING: 100 of 100 images name no patient" in capsys.readouterr().err
