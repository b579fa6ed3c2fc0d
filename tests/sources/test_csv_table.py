"""Tables, ids, ages, names and labels as people write them; through the public command where a row can be lost."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.cli import main
from radiobundle.sources.ages import age_years
from radiobundle.sources.csv_table import read_csv_table
from radiobundle.sources.identifiers import clean_ids, id_key
from radiobundle.sources.image_names import relative_name, relative_names
from radiobundle.sources.label_values import label_value
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.path_patients import patients_in_paths
from radiobundle.sources.studies import study_keys


def table(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "years"),
    [("058Y", 58), ("018M", 1.5), ("013M", 1.0833), ("001D", 0.0027), ("052W", 0.9966), ("414", 414), ("58 years", 58)]
    + [("58yo", 58), ("6 months", 0.5), ("58,5", 58.5), ("58-year-old", 58), ("0", 0)],
)
def test_age_is_in_years(text: str, years: float) -> None:
    assert age_years(text) == pytest.approx(years, abs=1e-4)


@pytest.mark.parametrize("text", ["", "nan", "NA", "unknown", "-", " "])
def test_unknown_age_is_nan(text: str) -> None:
    assert np.isnan(age_years(text))


@pytest.mark.parametrize("text", ["old", "58 parsecs", "-5", "Y058", "5-8"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an age in years"):
        age_years(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1.0", 1), (" Yes ", 1), ("TRUE", 1), ("Positive", 1), ("0", 0), ("0.0", 0), ("no", 0), ("False", 0)]
    + [("NEGATIVE", 0), ("-1.0", -1), ("uncertain", -1), ("", np.nan), ("nan", np.nan), ("NA", np.nan)]
    + [("2", None), ("0.5", None), ("unknown", None), ("?", None), ("maybe not", None)],
)
def test_label_cell(text: str, value: float | None) -> None:
    assert label_value(text) == pytest.approx(value, nan_ok=True) if value is not None else label_value(text) is None


@pytest.mark.parametrize(
    "spellings", [("12", "12.0", "00012", " 12 ", 12, 12.0, "12,0"), ("P5 ", "p5", "P005"), ("A-01", "a-1", "A-001")]
)
def test_spellings_of_one_id_are_one(spellings: tuple[object, ...]) -> None:
    assert len({id_key(value) for value in spellings}) == 1
    cleaned, notes = clean_ids(pd.Series(spellings, dtype=object), "patient")
    assert cleaned.nunique() == 1
    assert "written in several ways" in notes[0]


@pytest.mark.parametrize("pair", [("12", "120"), ("1.05", "1.5"), ("10", "1"), ("P5", "Q5"), ("5P", "P5"), ("0", "")])
def test_different_ids_stay_different(pair: tuple[str, str]) -> None:
    assert id_key(pair[0]) != id_key(pair[1])


@pytest.mark.parametrize("word", ["nan", "NA", "n/a", "None", "UNKNOWN", "-", "", "  ", None, float("nan"), "?"])
def test_word_for_nobody_is_no_id(word: object) -> None:
    cleaned, _ = clean_ids(pd.Series([word, "7"], dtype=object), "patient")
    assert cleaned.isna().tolist() == [True, False]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0.Pp1 -aN", max_size=5), min_size=1, max_size=30))
def test_cleaning_ids_twice_changes_nothing(ids: list[str]) -> None:
    once, _ = clean_ids(pd.Series(ids, dtype=object), "patient")
    twice, notes = clean_ids(once, "patient")
    assert twice.fillna("").tolist() == once.fillna("").tolist()
    assert notes == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("./a.png", "a.png"),
        ("a\\b.png", "a/b.png"),
        ("x/../a.png", "a.png"),
        (" a.png ", "a.png"),
        ("a//b.png", "a/b.png"),
    ]
    + [("../a.png", None), ("x/../../a.png", None), ("C:\\a.png", None), ("/else/a.png", None), ("/data/set", None)],
)
def test_image_name_is_below_the_dataset_folder(tmp_path: Path, text: str, name: str | None) -> None:
    assert relative_name(text, ()) == name
    inside = relative_names(pd.Series([f"{tmp_path}/s/a.png"]), tmp_path / "s" / ".." / "s")
    assert inside.tolist() == ["a.png"]


def labels_of(folder: Path, **options: object) -> list[list[float]]:
    source = read_csv_table(folder, **options)  # type: ignore[arg-type]
    return source.table[list(source.labels)].to_numpy(dtype=float).tolist()


HEADED = "image,a,b\n1.png,1,0\n2.png,0,1\n"


@pytest.mark.parametrize(
    "data",
    [
        HEADED.encode(),
        b"\xef\xbb\xbf" + HEADED.encode(),
        HEADED.encode("utf-16"),
        HEADED.encode("utf-16-le"),
        HEADED.replace(",", ";").encode(),
        HEADED.replace(",", "\t").encode(),
        HEADED.replace("\n", ",\n").replace("b,\n", "b\n").encode(),  # trailing commas below the header
        HEADED.replace("\n", ",,\n").encode(),
        HEADED.replace("\n", "\r\n").replace("1.png,1,0", " 1.png , 1.0 , no ").encode(),
        b"\n" + HEADED.encode() + b",,\n\n",
    ],
)
def test_table_in_any_form_holds_the_same(tmp_path: Path, data: bytes) -> None:
    table(tmp_path, data)
    source = read_csv_table(tmp_path, labels=["a", "b"])
    assert source.table["image"].tolist() == ["1.png", "2.png"]
    assert labels_of(tmp_path, labels=["a", "b"]) == [[1, 0], [0, 1]]


def test_excel_holds_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": ["1.png", "2.png"], "a": [1, 0], "b": [0, 1], "who": ["007", "8"]})
    frame.to_excel(tmp_path / "table.xlsx", index=False)
    assert labels_of(tmp_path, labels=["a", "b"]) == [[1, 0], [0, 1]]
    assert read_csv_table(tmp_path, labels=["a"], patient_column="who").table["patient_id"].tolist() == ["007", "8"]


def test_encoding_that_cannot_be_told_must_be_named(tmp_path: Path) -> None:
    table(tmp_path, "image,a,b,c\n1.png,1,0,Läsion\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"table.csv, line 2: .*--encoding"):
        read_csv_table(tmp_path, labels=["a"])
    assert labels_of(tmp_path, labels=["a"], encoding="latin-1") == [[1]]


@pytest.mark.parametrize(
    ("rows", "options", "reason"),
    [
        ("bad.png,1\n", {"labels": "a,b"}, "too few or too many fields"),
        ("bad.png,1,0,surplus\n", {"labels": "a,b"}, "too few or too many fields"),
        ("bad.png,perhaps,0\n", {"labels": "a,b"}, "label not understood"),
        ("bad.png,unknown,0\n", {"labels": "a,b"}, "label not understood"),
        ("bad.png,0,0\n", {"labels": "a,b", "exclusive": None}, "not exactly one class"),
        ("bad.png,1,1\n", {"labels": "a,b", "exclusive": None}, "not exactly one class"),
        ("bad.png,,\n", {"labels": "a,b", "exclusive": None}, "not exactly one class"),
        ("bad.png,-1,1\n", {"labels": "a,b", "exclusive": None}, "not exactly one class"),
        (",1,0\n", {"labels": "a,b"}, "no image named"),
        ("../bad.png,1,0\n", {"labels": "a,b"}, "path outside the dataset folder"),
        ("bad.png,,0\n", {"label-column": "a"}, "no class"),
        ("bad.png,nan,0\n", {"label-column": "a"}, "no class"),
        ("bad.png,1,elderly\n", {"labels": "a", "age-column": "b"}, "age not understood"),
    ],
)
def test_bad_row_is_refused_or_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, options: dict[str, str | None], reason: str
) -> None:
    good = "".join(f"{k}.png,{k % 2},{1 - k % 2}\n" for k in range(12))
    table(tmp_path, "image,a,b\n" + good + rows)
    command = ["datalist", "csv", str(tmp_path), "--output", str(tmp_path / "d.json"), "--missing-images", "keep"]
    command += ["--duplicates", "none"]
    command += [word for name, value in options.items() for word in (f"--{name}", value) if word is not None]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "table.csv, line 14" in error and "--on-bad-row skip" in error
    assert main([*command, "--on-bad-row", "skip"]) == 0
    printed = capsys.readouterr()
    assert f"left out 1 of 13 rows, {reason}" in printed.err
    assert "13 rows read, 12 in the list, 1 left out" in printed.out
    content = json.loads((tmp_path / "d.json").read_text())
    assert content["provenance"]["images_left_out"][reason] == 1
    assert "bad" not in "".join(
        item["image"] for split in ("training", "validation", "test") for item in content[split]
    )


@pytest.mark.parametrize(
    ("cells", "options", "labels", "values"),
    [
        (
            ["\"['normal', 'COPD signs']\"", "\"['normal']\"", '"[]"'],
            {},
            ("COPD signs", "normal"),
            [[1, 1], [0, 1], [0, 0]],
        ),
        (["Edema | Effusion", "edema", "Effusion "], {}, ("Edema", "Effusion"), [[1, 1], [1, 0], [0, 1]]),
        (["Edema;Effusion", "Edema", "None"], {"no_finding": "None"}, ("Edema", "Effusion"), [[1, 1], [1, 0], [0, 0]]),
        (["cat", "Cat ", "dog"], {}, ("cat", "dog"), [[1, 0], [1, 0], [0, 1]]),
        (["1.0", "1", "0"], {}, ("0", "1.0"), [[0, 1], [0, 1], [1, 0]]),
        (["A|B", "A", "A"], {"label_separator": "none"}, ("A", "A|B"), [[0, 1], [1, 0], [1, 0]]),
    ],
)
def test_label_column(tmp_path: Path, cells: list[str], options: dict, labels: tuple, values: list) -> None:
    table(tmp_path, "image,found\n" + "".join(f"{k}.png,{cell}\n" for k, cell in enumerate(cells)))
    source = read_csv_table(tmp_path, label_column="found", **options)
    assert source.labels == labels
    assert labels_of(tmp_path, label_column="found", **options) == values


def test_one_hot_columns_are_classes_by_option(tmp_path: Path) -> None:
    table(tmp_path, "image,a,b\n1.png,yes,\n2.png,no,TRUE\n")
    source = read_csv_table(tmp_path, labels=["a", "b"], exclusive=True)
    assert source.exclusive
    assert labels_of(tmp_path, labels=["a", "b"], exclusive=True) == [[1, 0], [0, 1]]


def test_row_without_a_split_is_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = ["train"] * 8 + ["test"] * 4 + ["", "nan", " "]
    rows = "".join(f"{k}.png,{k % 2},{split}\n" for k, split in enumerate(splits))
    table(tmp_path, "image,a,part\n" + rows)
    for how in ("given", "carved"):
        command = ["datalist", "csv", str(tmp_path), "--labels", "a", "--split-column", "part", "--split", how]
        command += ["--output", str(tmp_path / "d.json"), "--missing-images", "keep", "--duplicates", "none"]
        assert main(command) == 0
        assert "15 rows read, 12 in the list, 3 left out: 3 no split given" in capsys.readouterr().out


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
    table(tmp_path, "image,a\n" + "".join(f"patient{k // 5:03}/{k}.png,{k % 2}\n" for k in range(100)))
    command = ["datalist", "csv", str(tmp_path), "--labels", "a", "--output", str(tmp_path / "d.json")]
    command += ["--missing-images", "keep", "--duplicates", "none"]
    assert main(command) == 0
    assert "the paths of 100 of 100 images hold patient ids (patient<number>" in capsys.readouterr().err
    content = json.loads((tmp_path / "d.json").read_text())
    people = [{item["patient_id"] for item in content[split]} for split in ("training", "validation", "test")]
    assert not people[0] & people[1] and not people[0] & people[2] and not people[1] & people[2]
    assert main([*command, "--patients-from-paths", "no"]) == 0
    assert "WARNING: 100 of 100 images name no patient" in capsys.readouterr().err


def test_study_numbered_per_patient_is_read_with_the_patient() -> None:
    patients = pd.Series(["1", "1", "2", "2", np.nan], dtype=object)
    keys, notes = study_keys(patients, pd.Series(["1", "2", "1", "2", "1"], dtype=object))
    assert keys.nunique() == 4 and keys.isna().tolist() == [False] * 4 + [True]
    assert "numbered anew for each patient" in notes[0]
    keys, _ = study_keys(patients, pd.Series(["s1", "s2", "s3", "s4", "s4"], dtype=object))
    assert keys.tolist() == ["s1", "s2", "s3", "s4", "s4"]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "1.0", "01", "2", "3", "4", "nan", "", "P5", "p5 "]),
        st.sampled_from(["s1", "s2", "s3", "", "NA"]),
        st.sampled_from(["0", "1", "yes", "", "perhaps"]),
    ),
    min_size=12,
    max_size=40,
)


@given(ROWS)
@settings(max_examples=25, deadline=None)
def test_no_row_is_lost_and_no_linked_row_is_parted(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    folder = tmp_path_factory.mktemp("rows")
    fixed = [(f"f{k}", "", str(k % 2)) for k in range(9)]  # so that three splits can be filled
    everything = [*rows, *fixed]
    lines = [f"{k}.png,{who},{study},{a}" for k, (who, study, a) in enumerate(everything)]
    table(folder, "image,who,study,a\n" + "\n".join(lines) + "\n")
    command = ["datalist", "csv", str(folder), "--labels", "a", "--patient-column", "who", "--study-column", "study"]
    command += ["--output", str(folder / "d.json"), "--missing-images", "keep", "--duplicates", "none"]
    assert main([*command, "--on-bad-row", "skip"]) == 0
    content = json.loads((folder / "d.json").read_text())
    placed = [(item, split) for split in ("training", "validation", "test") for item in content[split]]
    left_out = content["provenance"]["images_left_out"]
    assert len(placed) + sum(left_out.values()) == content["provenance"]["rows_read"] == len(everything)
    assert left_out.get("label not understood", 0) == sum(a == "perhaps" for _, _, a in everything)
    keys = [pd.Series([id_key(item.get(name)) for item, _ in placed], dtype=object) for name in ("patient_id",)]
    groups = linked_groups(len(placed), keys)
    for group in set(groups):
        assert len({split for (_, split), own in zip(placed, groups, strict=True) if own == group}) == 1
