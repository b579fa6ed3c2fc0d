"""Tables, ids, ages, names and labels as people write them; through the public command where a row can be lost."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.cli import main
from radiobundle.sources.csv_table import read_csv_table
from radiobundle.sources.identifiers import id_key
from radiobundle.sources.linked_rows import linked_groups


def table(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


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
    with pytest.raises(ValueError, match=r"table.csv, line 2: .*`encoding`"):
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
        ("bad.png,-,0\n", {"label-column": "a"}, "no class"),
        ("bad.png,?,0\n", {"label-column": "a"}, "no class"),
        ("bad.png,Unknown,0\n", {"label-column": "a"}, "no class"),
        ("bad.png,0_1,0\n", {"labels": "a,b"}, "label not understood"),
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
        (["Edema", "Edema\u200b", "dry"], {}, ("Edema", "dry"), [[1, 0], [1, 0], [0, 1]]),
        (["Ed\u00e8me", "Ede\u0300me", "A\u2013B"], {}, ("A\u2013B", "Ed\u00e8me"), [[0, 1], [0, 1], [1, 0]]),
        (["Edema|\u200bMass", "Mass", "Mass"], {}, ("Edema", "Mass"), [[1, 1], [0, 1], [0, 1]]),
        (["unknown", "dry", "dry"], {"labels": ["Unknown", "dry"]}, ("Unknown", "dry"), [[1, 0], [0, 1], [0, 1]]),
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
    ("splits", "more", "split"),
    [
        (["train"] * 8 + ["val"] * 2 + ["test"] * 2, [], "given"),
        (["train"] * 10 + ["test"] * 2, [], "carved"),
        (["train"] * 10 + ["val"] * 2, [], "given"),
        (["train"] * 10 + ["test"] * 2, ["--split", "stratified"], "stratified"),
        (["train"] * 10 + ["test"] * 2, ["--split", "carved"], "carved"),
    ],
)
def test_column_of_splits_is_used_or_it_is_said_that_it_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], splits: list[str], more: list[str], split: str
) -> None:
    rows = "".join(f"{k}.png,{k % 2},{name}\n" for k, name in enumerate(splits))
    table(tmp_path, "image,a,part\n" + rows)
    command = ["datalist", "csv", str(tmp_path), "--labels", "a", "--split-column", "part", *more]
    command += ["--output", str(tmp_path / "d.json"), "--missing-images", "keep", "--duplicates", "none"]
    assert main(command) == 0
    told = capsys.readouterr().err
    assert (f"column 'part' decides the split: --split {split}" in told) == (not more)
    assert ("column 'part' is not used" in told) == (split == "stratified")
    content = json.loads((tmp_path / "d.json").read_text())
    assert content["provenance"]["split"] == split
    given_test = [f"{k}.png" for k, name in enumerate(splits) if name == "test"]
    assert ([item["image"] for item in content["test"]] == given_test) == (split != "stratified")


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


def write_csv(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_csv_reads_label_columns_and_keeps_unknown_as_nan(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,a,b,who,age,part,site\nx.png,1,-1,007,061Y,train,N\ny.png,0,,,,test,S\n")
    source = read_csv_table(
        tmp_path, labels=["b", "a"], patient_column="who", age_column="age", split_column="part", group_columns=["site"]
    )
    assert source.labels == ("b", "a")
    assert not source.exclusive
    assert source.group_columns == ("site",)
    assert source.table["patient_id"].tolist()[0] == "007"
    assert source.table["age"].tolist()[0] == 61
    assert source.table["split"].tolist() == ["training", "test"]
    assert source.table.loc[1, ["b", "patient_id", "age", "sex"]].isna().all()
    assert source.table.loc[0, "b"] == -1


def test_csv_class_column_is_exclusive(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,class\nx.png,dog\ny.png,cat\n")
    source = read_csv_table(tmp_path, label_column="class")
    assert source.exclusive
    assert source.labels == ("cat", "dog")
    assert source.table[["cat", "dog"]].to_numpy().tolist() == [[0, 1], [1, 0]]


def test_csv_separated_findings_are_multilabel(tmp_path: Path) -> None:
    write_csv(tmp_path, "image,found\nx.png,Mass|Edema\ny.png,No Finding\n")
    source = read_csv_table(tmp_path, label_column="found", label_separator="|", no_finding="No Finding")
    assert source.labels == ("Edema", "Mass")
    assert source.table[["Edema", "Mass"]].to_numpy().tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["Pneumothrax"]}, "did you mean 'Pneumothorax'"),
        ({"labels": ["Pneumothorax"], "patient_column": "Pateint"}, "did you mean 'Patient'"),
        ({}, "name the labels"),
        ({"labels": ["class"]}, "line 2: column 'class' holds 'cat'.*`label_column`"),
        ({"label_column": "class", "labels": ["cats"]}, "holds 'cat', not in `labels`; did you mean 'cats'"),
        ({"labels": ["Pneumothorax"], "age_column": "class"}, "not an age in years"),
        ({"labels": ["Pneumothorax"], "split_column": "class"}, "a split is training"),
        ({"labels": ["two"]}, "column 'two' holds '2'"),
        ({"labels": ["Pneumothorax"], "csv": "/nowhere/t.csv"}, "no such table"),
    ],
)
def test_csv_errors_name_the_fix(tmp_path: Path, options: dict, message: str) -> None:
    write_csv(tmp_path, "image,Pneumothorax,Patient,class,two\nx.png,1,5,cat,2\n")
    with pytest.raises(ValueError, match=message):
        read_csv_table(tmp_path, **options)


def test_csv_ambiguous_folder_asks_for_the_table(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found none; name it with `csv`"):
        read_csv_table(tmp_path, labels=["a"])


def test_misspelt_split_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,sick,split\n1.png,1,train\n2.png,0,tset\n")
    with pytest.raises(ValueError, match="line 3: column 'split' holds 'tset'; did you mean 'test'"):
        read_csv_table(tmp_path, labels=["sick"], split_column="split")


def test_column_of_a_single_class_is_noted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,kind\n1.png,sick\n2.png,sick\n")
    assert "holds a single class, 'sick'" in read_csv_table(tmp_path, label_column="kind").notes[-1]
