from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

from radiobundle.images.dataset import StoreDataset
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.training import eval_loader, image_items, load_items, train_loader

LABELS = ["normal", "covid", "non-covid"]


def write_list(path: Path, labels: list[str] = LABELS, **splits: list[dict[str, Any]]) -> Path:
    task = "multiclass" if "normal" in labels else "multilabel"
    content = {"labels": labels, "task": task, "training": [], "validation": [], "test": [], "provenance": {}}
    path.write_text(json.dumps({**content, **splits}))
    return path


def one_of_each(labels: list[str] = LABELS) -> list[dict[str, Any]]:
    return [
        {"image": f"{label}.png", "label": [int(label == other) for other in labels], "patient_id": label}
        for label in labels
    ]


def test_items_carry_absolute_paths_and_the_datalist_s_facts(tmp_path: Path) -> None:
    datalist = write_list(tmp_path / "list.json", training=one_of_each())
    items = load_items(datalist, "/images", LABELS)
    assert items["training"][1]["image"] == str(Path("/images/covid.png"))
    assert items["training"][1]["label"] == [0, 1, 0]
    assert items["training"][1]["name"] == "covid.png" and items["training"][1]["patient_id"] == "covid"


def test_label_map_merges_classes(tmp_path: Path) -> None:
    datalist = write_list(tmp_path / "list.json", training=one_of_each())
    mapping = {"normal": "normal", "covid": "infected", "non-covid": "infected"}
    items = load_items(datalist, "/images", ["normal", "infected"], mapping)
    assert [item["label"] for item in items["training"]] == [[1, 0], [0, 1], [0, 1]]


def test_label_mapped_to_null_leaves_its_images_out(tmp_path: Path) -> None:
    datalist = write_list(tmp_path / "list.json", training=one_of_each())
    mapping = {"normal": None, "covid": "covid", "non-covid": "non-covid"}
    items = load_items(datalist, "/images", ["non-covid", "covid"], mapping)
    assert [(item["name"], item["label"]) for item in items["training"]] == [
        ("covid.png", [0, 1]),
        ("non-covid.png", [1, 0]),
    ]


def test_merged_label_is_unknown_unless_one_part_is_present(tmp_path: Path) -> None:
    labels = ["Edema", "Effusion"]
    rows = [{"image": f"{i}.png", "label": label} for i, label in enumerate([[-1, 0], [-1, 1], [0, 0]])]
    datalist = write_list(tmp_path / "list.json", labels, training=rows)
    items = load_items(datalist, "/images", ["fluid"], {"Edema": "fluid", "Effusion": "fluid"})
    assert [item["label"] for item in items["training"]] == [[-1], [1], [0]]


@pytest.mark.parametrize(
    ("found", "mapping", "match"),
    [
        (["normal", "covid", "noncovid"], None, "'noncovid'.*did you mean 'non-covid'"),
        (["normal", "covid"], None, "lacks the bundle's label 'non-covid'"),
        (LABELS, {"normal": "normal", "covid": "covid", "non-covid": "noncovid"}, "label_map names 'noncovid'"),
        (LABELS, {"normal": "normal", "covid": "covid", "non-covid": "covid"}, "no datalist label maps to"),
    ],
)
def test_labels_that_do_not_fit_are_explained(
    tmp_path: Path, found: list[str], mapping: dict[str, str | None] | None, match: str
) -> None:
    datalist = write_list(tmp_path / "list.json", found, training=one_of_each(found))
    with pytest.raises(ValueError, match=match):
        load_items(datalist, "/images", LABELS, mapping)


def test_path_that_leaves_the_dataset_folder_is_refused(tmp_path: Path) -> None:
    rows = [{"image": "../secret.png", "label": [1, 0, 0]}]
    with pytest.raises(ValueError, match=r"secret\.png"):
        load_items(write_list(tmp_path / "list.json", training=rows), "/images", LABELS)


def test_folder_without_images_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no images found"):
        image_items(tmp_path)


def test_images_of_a_folder_are_found_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.PNG", "deep/a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [item["name"] for item in image_items(tmp_path)] == ["b.PNG", "deep/a.jpg"]


@pytest.mark.parametrize(("count", "sizes"), [(10, [4, 4]), (3, [3]), (9, [4, 4])])
def test_training_never_ends_on_a_sliver_of_a_batch(count: int, sizes: list[int]) -> None:
    loader = train_loader(TensorDataset(torch.arange(count)), batch_size=4)
    assert [len(batch[0]) for batch in loader] == sizes


def test_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        loader = train_loader(TensorDataset(torch.arange(50)), batch_size=50, seed=seed)
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        torch.rand(3)  # what was drawn before must not matter
        return next(iter(loader))[0].tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_evaluation_sees_every_image_once_in_order() -> None:
    loader = eval_loader(TensorDataset(torch.arange(10)), batch_size=4)
    assert torch.cat([batch[0] for batch in loader]).tolist() == list(range(10))


def test_workers_hand_over_the_batches_of_the_main_process(tmp_path: Path) -> None:
    images = []
    for number in range(10):
        images.append({"image": str(tmp_path / f"{number}.png"), "label": [number % 2]})
        Image.fromarray(np.eye(9, k=number - 5, dtype=np.uint8)).save(images[-1]["image"])
    dataset = StoreDataset(images, ImageStore(tmp_path / "store", RadiographReader([8, 8]), progress=False))
    batches = [list(eval_loader(dataset, batch_size=4, num_workers=workers)) for workers in (0, 3)]
    for here, there in zip(*batches, strict=True):
        assert all(torch.equal(here[key], there[key]) for key in ("image", "label", "index"))


def test_labels_of_others_are_dropped_where_that_is_asked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"image": "a.png", "label": [1, 0.7, -2]}]
    datalist = write_list(tmp_path / "list.json", ["Edema", "Mass", "Fracture"], training=rows)
    with pytest.raises(ValueError, match="has label 'Mass', which the bundle does not"):
        load_items(datalist, "/images", ["Fracture", "Edema"])
    with caplog.at_level("INFO", logger="radiobundle"):
        items = load_items(datalist, "/images", ["Fracture", "Edema"], other_labels="drop")
    assert items["training"][0]["label"] == [-2, 1]
    assert "Mass are not labels of the network and are dropped" in caplog.text
    with pytest.raises(ValueError, match="lacks the bundle's label 'Hernia'"):
        load_items(datalist, "/images", ["Hernia"], other_labels="drop")


def test_soft_labels_merge_to_the_largest(tmp_path: Path) -> None:
    rows = [{"image": f"{k}.png", "label": label} for k, label in enumerate([[0.2, 0.7], [0, -1], [1, -1], [0.9, -2]])]
    datalist = write_list(tmp_path / "list.json", ["a", "b"], training=rows)
    items = load_items(datalist, "/images", ["c"], {"a": "c", "b": "c"})
    assert [item["label"] for item in items["training"]] == [[0.7], [-1], [1], [-2]]


@pytest.mark.parametrize(
    ("listed", "wanted"), [(["sick"], ["healthy", "sick"]), (["normal", "sick"], ["sick"])], ids=["one", "two"]
)
def test_one_label_and_two_classes_are_told_apart(tmp_path: Path, listed: list[str], wanted: list[str]) -> None:
    datalist = write_list(tmp_path / "list.json", labels=listed, training=one_of_each(listed))
    with pytest.raises(ValueError, match=r"One label that is yes or no \('sick'\) is task multilabel"):
        load_items(datalist, "/images", wanted)
