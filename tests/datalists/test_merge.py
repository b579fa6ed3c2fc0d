"""Two sets in one list: labels, ids, masks, copies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import Datalist, read_datalist, write_datalist
from radiobundle.datalists.label_mapping import LabelMapping, read_mapping, shipped_mapping
from radiobundle.datalists.merge import merge_datalists
from radiobundle.images.folders import DatasetFolders, dataset_folders
from radiobundle.sources import chestxray14, chexpert_labels


def item(image: str, *label: float, patient: str = "1", **facts: Any) -> dict[str, Any]:
    return {"image": image, "label": list(label), "patient_id": patient, **facts}


def a_list(source: str, labels: tuple[str, ...], **splits: list[dict[str, Any]]) -> Datalist:
    every = {"training": [], "validation": [], "test": [], **splits}
    return Datalist(labels, "multilabel", every, {"source": source})


NIH = a_list(
    "chestxray14",
    ("Edema", "Effusion", "Hernia"),
    training=[item("a.png", 1, 0, 1)],
    test=[item("b.png", 0, 1, 0, patient="2")],
)
CHEX = a_list("chexpert", ("Edema", "Pleural Effusion", "Fracture"), training=[item("a.png", 0, -1, 1, study_id="s")])


def merged(*lists: Datalist, **options: Any) -> Datalist:
    return merge_datalists(lists, **{"names": ("nih", "chexpert"), **options}).datalist


def test_labels_are_mapped_and_those_a_set_lacks_ignored() -> None:
    found = merged(NIH, CHEX)
    assert found.labels == ("Edema", "Pleural Effusion", "Fracture")
    assert [entry["label"] for entry in found.splits["training"]] == [[1, 0, -1], [0, -1, 1]]
    assert found.splits["test"][0]["label"] == [0, 1, -1]
    assert found.provenance["masked"] == {"Fracture": ["nih"]}


def test_ids_and_images_name_their_set() -> None:
    first, second = merged(NIH, CHEX).splits["training"]
    assert (first["image"], first["patient_id"], first["source"]) == ("nih/a.png", "nih:1", "nih")
    assert (second["image"], second["patient_id"], second["study_id"]) == ("chexpert/a.png", "chexpert:1", "chexpert:s")


@pytest.mark.parametrize(
    ("labels", "expected"), [("shared", ("Edema", "Pleural Effusion")), (["Fracture"], ("Fracture",))]
)
def test_labels_of_the_result_can_be_chosen(labels: Any, expected: tuple[str, ...]) -> None:
    assert merged(NIH, CHEX, labels=labels).labels == expected


def test_order_of_the_lists_does_not_matter_for_the_labels() -> None:
    assert merged(CHEX, NIH, names=("chexpert", "nih")).labels == merged(NIH, CHEX).labels


def test_labels_that_are_left_out_are_counted() -> None:
    notes = merge_datalists([NIH, CHEX], names=("nih", "chexpert")).notes
    assert any("nih: Hernia left out; 1 of its 2 images show one of them" in note for note in notes)
    assert any("copies across the sets were not searched for" in note for note in notes)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Edema": "Edema", "Effusion": "Edema", "Hernia": None}, "'Edema' is the target of 2 labels, Edema, Effusion"),
        ({"Edma": "Edema"}, "maps 'Edma', which is not a label in either list; did you mean 'Edema'"),
        ({"Edema": None, "Effusion": None, "Hernia": None}, "the two lists share no label"),
        ({"Effusion": "Pleural Efusion"}, "no label 'Pleural Efusion'; did you mean 'Pleural Effusion'"),
    ],
)
def test_wrong_mapping_is_refused(mapping: dict[str, str | None], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        merged(NIH, CHEX, mapping=LabelMapping("m.json", mapping))


def test_several_labels_mean_one_where_the_mapping_says_so() -> None:
    chest = a_list(
        "x",
        ("Mass", "Nodule"),
        training=[item(f"{k}.png", *label) for k, label in enumerate([(1, 0), (0, -1), (0, 0), (-1, 1)])],
    )
    other = a_list("y", ("Lung Lesion",), training=[item("z.png", 0)])
    mapping = LabelMapping("m.json", {"Mass": "Lung Lesion", "Nodule": "Lung Lesion"}, ("Lung Lesion",))
    found = merged(chest, other, mapping=mapping)
    assert [entry["label"] for entry in found.splits["training"]] == [[1], [-1], [0], [1], [0]]


def test_label_mapped_twice_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"Edema": "A", "Edema": "B"}')
    with pytest.raises(ValueError, match="'Edema' appears twice"):
        read_mapping(tmp_path / "m.json")


def test_shipped_mapping_names_labels_that_the_sources_have() -> None:
    mapping, _ = shipped_mapping(["chexpert", "chestxray14"])
    assert mapping is not None and mapping == shipped_mapping(["chestxray14", "mimic"])[0]
    assert set(mapping.targets) == set(chestxray14.LABELS)
    assert {target for target in mapping.targets.values() if target} <= set(chexpert_labels.LABELS)
    mapping.check(chestxray14.LABELS)


def test_tasks_that_differ_are_refused() -> None:
    other = Datalist(("Edema", "x"), "multiclass", {"training": [item("a.png", 1, 0)]}, {})
    with pytest.raises(ValueError, match="same task"):
        merged(NIH, other)


def write_image(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(120, 50, (8, 8)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noise).resize((96, 96), Image.Resampling.BICUBIC).save(path)


def test_copy_in_the_other_set_takes_its_patient_along(tmp_path: Path) -> None:
    """Patient 1 of one set is patient 7 of the other, where one of his images is in test."""
    one = a_list("x", ("A",), training=[item("a.png", 1), item("b.png", 0), item("c.png", 0, patient="3")])
    two = a_list("y", ("A",), training=[item("e.png", 1, patient="8")], test=[item("d.png", 1, patient="7")])
    for number, path in enumerate(["x/a.png", "x/b.png", "x/c.png", "y/e.png"]):
        write_image(tmp_path / path, number)
    write_image(tmp_path / "y/d.png", 0)  # the same pixels as a.png
    folders = DatasetFolders({"one": tmp_path / "x", "two": tmp_path / "y"})
    found = merge_datalists([one, two], names=("one", "two"), folders=folders).datalist
    assert [entry["image"] for entry in found.splits["training"]] == ["one/c.png", "two/e.png"]
    assert [entry["image"] for entry in found.splits["test"]] == ["two/d.png"]
    assert found.provenance["left_out"] == ["one/a.png", "one/b.png"]
    assert found.provenance["copies_across_sets"] == 1


def test_merged_list_merges_again_with_its_names() -> None:
    third = a_list("z", ("Edema",), training=[item("q.png", 1)])
    found = merged(merged(NIH, CHEX), third, names=("both", "third"))
    assert {entry["source"] for entry in found.splits["training"]} == {"nih", "chexpert", "third"}
    assert found.splits["training"][0]["image"] == "nih/a.png"


def test_folders_are_found_by_the_name_of_the_set(tmp_path: Path) -> None:
    folders = dataset_folders([f"nih={tmp_path}/a", f"chexpert={tmp_path}/b=c"])
    assert folders / "chexpert/x/1.png" == tmp_path / "b=c" / "x" / "1.png"
    with pytest.raises(ValueError, match=r"names no folder for 'nhi'.*did you mean 'nih'"):
        folders / "nhi/1.png"
    assert dataset_folders(tmp_path) == tmp_path


def test_command_merges_and_training_and_audit_find_both_folders(
    chestxray14_list: dict[str, str], chexpert_list: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from radiobundle.training import load_items

    output = tmp_path / "both.json"
    folders = {"chestxray14": chestxray14_list["dataset_dir"], "chexpert": chexpert_list["dataset_dir"]}
    named = [part for name, folder in folders.items() for part in ("--dataset-dir", f"{name}={folder}")]
    assert (
        main(
            [
                "datalist",
                "merge",
                chestxray14_list["datalist"],
                chexpert_list["datalist"],
                "--output",
                str(output),
                *named,
            ]
        )
        == 0
    )
    printed = capsys.readouterr()
    assert "No Finding: chestxray14 has no such label; ignored on its images" in printed.err
    found = read_datalist(output)
    assert found.labels[:14] == chexpert_labels.LABELS
    items = load_items(output, folders, found.labels)
    assert {entry["source"] for entry in items["training"]} == set(folders)
    assert all(Path(entry["image"]).is_file() for split in items.values() for entry in split)
    assert main(["audit", str(output), *named]) == 0
    assert "no leakage found" in capsys.readouterr().out


def test_unlike_names_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_datalist(NIH, tmp_path / folder / "list.json")
    paths = [str(tmp_path / folder / "list.json") for folder in ("a", "b")]
    assert main(["datalist", "merge", *paths, "--output", str(tmp_path / "c.json")]) == 2
    assert "name them with --names" in capsys.readouterr().err
    assert main(["datalist", "merge", *paths, "--output", str(tmp_path / "c.json"), "--names", "a,b"]) == 0
    assert len(json.loads((tmp_path / "c.json").read_text())["training"]) == 2


def test_boxes_get_the_name_of_their_label() -> None:
    boxes = [{"label": "Effusion", "x": 1}, {"label": "Hernia", "x": 2}]
    boxed = a_list("chestxray14", NIH.labels, training=[item("a.png", 1, 1, 0, boxes=boxes)])
    found = merged(boxed, CHEX).splits["training"][0]["boxes"]
    assert [box["label"] for box in found] == ["Pleural Effusion", "Hernia"]


def test_patient_of_both_lists_stays_where_he_is_held_out() -> None:
    one = a_list("chexpert", ("Edema",), training=[item("a.png", 1, patient="7"), item("b.png", 1, patient="8")])
    both = merged(one, NIH, names=("chexpert", "nih"))
    other = a_list("chexpert", ("Edema",), test=[item("c.png", 0, patient="7")])
    made = merge_datalists([both, other], names=("both", "chexpert"))
    images = {split: [entry["image"] for entry in items] for split, items in made.datalist.splits.items()}
    assert "chexpert/a.png" not in images["training"] and "chexpert/c.png" in images["test"]
    assert made.datalist.provenance["patients_in_both"] == 1
    assert any("1 images left out: their patient" in note for note in made.notes)


def test_one_table_under_two_names_is_refused() -> None:
    files = {"source_files": {"train.csv": "abc"}}
    one, two = (Datalist(("A",), "multilabel", {"training": [item(f"{name}.png", 1)]}, {"source": "csv", **files})
                for name in "xy")  # fmt: skip
    with pytest.raises(ValueError, match=r"made from the same table \(train\.csv\)"):
        merged(one, two, names=("one", "two"))


def test_studies_that_start_again_for_each_patient_stay_apart() -> None:
    rows = [
        item(f"{patient}{study}.png", 1, patient=patient, study_id=f"study{study}")
        for patient in "pqr"
        for study in (1, 2)
    ]
    found = merged(a_list("chexpert", ("Edema",), training=rows), NIH, names=("chexpert", "nih"))
    studies = [entry["study_id"] for entry in found.splits["training"] if entry["source"] == "chexpert"]
    assert studies[0] == "chexpert:p/study1" and len(set(studies)) == 6


def test_ids_may_be_numbers() -> None:
    numbered = a_list("hospital", ("Edema",), training=[item("b.png", 1, patient=7, study_id=12)])  # type: ignore[arg-type]
    (entry,) = [
        entry
        for entry in merged(CHEX, numbered, names=("chexpert", "hospital")).splits["training"]
        if entry["source"] == "hospital"
    ]
    assert (entry["patient_id"], entry["study_id"]) == ("hospital:7", "hospital:12")


def test_own_column_of_the_same_name_is_kept() -> None:
    found = merge_datalists(
        [a_list("x", ("Edema",), training=[item("a.png", 1, source="site A")]), CHEX], names=("x", "y")
    )
    first = found.datalist.splits["training"][0]
    assert (first["source"], first["source_of_x"]) == ("x", "site A")
    assert any("own column 'source' (1 images) is now 'source_of_x'" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"": "x"}', "holds no names"), ("[1]", "holds no names"), ("{", "write a JSON object"), ("{}", "holds no names"),
     ('{"A": 3}', "'A' is mapped to 3"), ('{"A": ""}', "empty name"),
     ('{"A": "B", "_either_": 5}', "_either_ must list"),
     ('{"A": "B", "_either_": ["C"]}', "_either_ must list")],
)  # fmt: skip
def test_odd_mapping_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_mapping(tmp_path / "m.json")


@pytest.mark.parametrize("names", [("a/b", "c"), ("", "c"), ("..", "c")])
def test_names_that_cannot_begin_a_path_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot be used in the names of images"):
        merged(NIH, CHEX, names=names)
