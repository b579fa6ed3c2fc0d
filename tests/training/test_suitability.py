"""A datalist that does not suit the network's task is refused before anything is read."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import TINY, run_bundle
from radiobundle.training import training_items

LABELS = ["hand", "leg"]


def items(*labels: list[float]) -> list[dict[str, Any]]:
    return [{"name": f"{index}.png", "label": label} for index, label in enumerate(labels)]


SOUND = items([1, 0], [0, 1])


def test_training_items_are_returned_as_they_are() -> None:
    assert training_items({"training": SOUND, "validation": SOUND}, labels=LABELS, task="multiclass") is SOUND


@pytest.mark.parametrize(
    ("training", "validation", "task", "message"),
    [
        (SOUND, [], "multiclass", "no validation items.*--validation-fraction"),
        ([], SOUND, "multiclass", "no training items"),
        (items([1, 0], [1, 1], [0, 1]), SOUND, "multiclass", r"1 of 3 training .* several.* 1\.png: hand, leg"),
        (SOUND, items([1, 0], [0, 0], [0, 1]), "multiclass", r"1 of 3 validation images have none.* 1\.png: none"),
        (items([1, 0], [1, 0]), SOUND, "multiclass", "for no label do the 2 training images include both values"),
        (SOUND, items([0, 0]), "multilabel", r"for no label do the 1 validation images.*hand: 0 yes, 1 no"),
    ],
)
def test_what_does_not_suit_is_named_with_its_fix(
    training: list[dict[str, Any]], validation: list[dict[str, Any]], task: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        training_items({"training": training, "validation": validation}, labels=LABELS, task=task)


def test_ignored_and_soft_labels_are_no_reason_to_refuse() -> None:
    known = items([1, 0], [0, 1], [-1, -1], [0, -1])
    assert training_items({"training": known, "validation": SOUND}, labels=LABELS, task="multiclass") is known
    soft = items([0.9, 0.1], [0.2, 0.6], [0, 0])
    assert training_items({"training": soft, "validation": SOUND}, labels=LABELS, task="multilabel") is soft


def test_label_without_images_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    three = items([1, 0, 0], [0, 1, 0])
    with caplog.at_level(logging.WARNING):
        training_items({"training": three, "validation": three}, labels=[*LABELS, "hip"], task="multiclass")
    assert "no image of training has 'hip': it cannot be learned" in caplog.text
    assert "no image of validation has 'hip'" in caplog.text


def test_run_says_so_before_it_reads_images(paths: dict[str, str]) -> None:
    datalist = Path(paths["datalist"])
    content = json.loads(datalist.read_text())
    content["training"][0]["label"] = [1, 1, 0]
    datalist.write_text(json.dumps({**content, "task": "multilabel"}))
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **TINY, **paths, max_epochs=1)
    messages = []
    error: BaseException | None = caught.value
    while error is not None:
        messages.append(str(error))
        error = error.__cause__
    assert "exclude each other" in " ".join(messages)
    assert not Path(paths["store_dir"]).exists()
