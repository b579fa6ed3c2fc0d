"""One model under two versions of the labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radiobundle.cli import main
from radiobundle.datalists.datalist_file import Datalist
from radiobundle.evaluation.predictions.relabel import relabel
from radiobundle.evaluation.predictions.table import Predictions

COUNT = 60


def predictions(task: Any = "multilabel") -> Predictions:
    """Half of the images have a mass, and the model knows which: of 5 images of each kind the label is wrong."""
    real = np.arange(COUNT) % 2
    given = np.where(np.arange(COUNT) < 10, 1 - real, real)
    present = np.linspace(0.1, 0.4, COUNT) + 0.5 * real
    images = np.array([f"{index}.png" for index in range(COUNT)])
    truth, probabilities = np.stack([given, 1 - given], 1), np.stack([present, 1 - present], 1)
    return Predictions(images, None, np.full(COUNT, "test"), ("mass", "none"), truth, probabilities, task=task)


def datalist(task: str = "multilabel", *, labels: tuple[str, ...] = ("none", "mass"), skip: int = 0) -> Datalist:
    items = [{"image": f"{index}.png", "label": [1 - index % 2, index % 2]} for index in range(skip, COUNT)]
    return Datalist(labels, task, {"training": items[:5], "test": items[5:]})


def test_labels_are_put_in_order_and_changes_counted() -> None:
    found = relabel(predictions(), datalist(skip=2), name="list")
    assert (found.images_left_out, len(found.before)) == (2, COUNT - 2)
    assert found.changes["mass"] == {"compared": COUNT - 2, "became_present": 4, "became_absent": 4}
    assert (found.after.truth[:, 0] == np.arange(2, COUNT) % 2).all()


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_what_one_version_ignores_counts_in_neither(task: Any) -> None:
    given = predictions(task)
    given.truth[20, 0] = -1
    other = datalist(task)
    other.splits["test"][25]["label"] = [-1, 0] if task == "multilabel" else [-1, -1]  # of image 30
    found = relabel(given, other, name="list")
    both = [row for row in (20, 30) if (found.before.truth[row] == found.after.truth[row]).all()]
    assert both == [20, 30] and (found.before.truth == -1).sum() == (2 if task == "multilabel" else 4)
    assert found.changes["none"]["compared"] == COUNT - (1 if task == "multilabel" else 2)


def test_a_run_with_other_names_takes_the_list_by_its_map() -> None:
    given = predictions("multiclass")
    other = datalist("multiclass", labels=("viral", "bacterial"))
    found = relabel(given, other, name="list", label_map={"bacterial": "mass", "viral": "none"})
    assert (found.after.truth[:, 0] == np.arange(COUNT) % 2).all()
    with pytest.raises(ValueError, match="list: has no label 'mass' of the predictions"):
        relabel(given, other, name="list")


def test_images_of_a_class_that_the_run_does_not_have_count_in_neither() -> None:
    given = predictions("multiclass")
    other = datalist("multiclass", labels=("none", "mass", "device"))
    for items in other.splits.values():
        for item in items:
            item["label"] = [*item["label"], 0]
    other.splits["test"][25]["label"] = [0, 0, 1]  # of image 30
    found = relabel(given, other, name="list")
    assert (found.after.truth[30] == -1).all() and (found.before.truth[30] == -1).all()
    assert found.changes["mass"]["compared"] == COUNT - 1


def test_lists_of_something_else_are_refused() -> None:
    for other, message in (
        (datalist("multiclass"), "list: is multiclass, the predictions are multilabel"),
        (datalist(labels=("none", "masses")), "list: has no label 'mass' of the predictions; did you mean 'masses'"),
        (
            Datalist(("mass", "none"), "multilabel", {"test": []}),
            r"list: has none of the 60 images, for example '0\.png'",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            relabel(predictions(), other, name="list")


def test_command_says_what_better_labels_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = predictions()
    given = zip(table.images, table.truth, table.probabilities, strict=True)
    rows = [f"{image},test,{truth[0]},{probability[0]}" for image, truth, probability in given]
    (tmp_path / "predictions.csv").write_text("\n".join(["image,split,label:mass,prob:mass", *rows]) + "\n")
    content = datalist(skip=2)
    (tmp_path / "better.json").write_text(
        json.dumps({"labels": content.labels, "task": content.task, **content.splits})
    )
    command = ["compare", str(tmp_path), "--relabelled", str(tmp_path / "better.json"), "--output", str(tmp_path / "c")]
    assert main([*command, "--bootstrap", "100"]) == 0
    found = json.loads((tmp_path / "c/compare.json").read_text())
    (difference,) = found["differences"].values()
    auroc = difference["overall"]["probability"]["auroc"]
    assert found["runs"]["labels of better.json"]["probability"]["auroc"]["value"] == 1
    assert auroc["low"] > 0 and found["relabelled"]["images_left_out"] == 2
    assert difference["per_class"]["mass"]["probability"]["auroc"]["delong"]["reason"] == "the truth differs"
    assert "| mass | 58 | 4 | 4 |" in (tmp_path / "c/compare.md").read_text()
    assert main([*command[:2], *command[1:], "--overwrite"]) == 2
    assert "--relabelled is for one run" in capsys.readouterr().err
