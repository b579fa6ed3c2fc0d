"""TensorBoard shows each validation's most confident errors and curves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from radiobundle.handlers import ValidationPanel
from radiobundle.handlers import validation_panel as module

LABELS = {"multiclass": ["a", "b"], "multilabel": ["mass", "nodule"]}
TRUTH = {"multiclass": [[1, 0], [0, 1], [1, 0]], "multilabel": [[1, 0], [0, 1], [-1, 1]]}
PROBABILITIES = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])


class Images:
    """Each image is as bright as its index."""

    def __getitems__(self, rows: list[int]) -> dict[str, torch.Tensor]:
        return {"image": torch.tensor(rows, dtype=torch.uint8).reshape(-1, 1, 1, 1).expand(-1, 1, 8, 8)}


def write(folder: Path, task: Any, probabilities: np.ndarray) -> tuple[EventAccumulator, list[Any]]:
    names = [f"x/{index}<b>.png" for index in range(3)]
    data = [
        {"image": f"/data/{name}", "name": name, "split": "validation", "label": label}
        for name, label in zip(names, TRUTH[task], strict=True)
    ]
    panel = ValidationPanel(dataset=Images(), data=data, labels=LABELS[task], task=task, log_dir=folder)
    panel._collected = SimpleNamespace(gather=lambda device: (np.arange(3), probabilities))  # type: ignore[assignment]
    sheets: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "tile_sheet", lambda *given: sheets.append(given) or np.zeros((9, 9), np.uint8))
        panel.write(SimpleNamespace(state=SimpleNamespace(device="cpu", epoch=3)))  # type: ignore[arg-type]
    events = EventAccumulator(str(folder))
    events.Reload()
    return events, sheets


def test_most_confident_errors_come_first(tmp_path: Path) -> None:
    events, [(tiles, captions)] = write(tmp_path, "multiclass", PROBABILITIES)
    assert [int(tile[0, 0]) for tile in tiles] == [1, 2]
    assert captions == [("1<b>.png", "is b", "a (0.80)"), ("2<b>.png", "is a", "b (0.70)")]
    assert events.Images("most confident errors")[0].step == 3
    assert set(events.Tags()["tensors"]) == {"precision-recall/a", "precision-recall/b"}
    assert "ROC" in events.Tags()["images"]


def test_labels_are_named_and_ignored_ones_left_out(tmp_path: Path) -> None:
    _, [(tiles, captions)] = write(tmp_path, "multilabel", PROBABILITIES)
    assert [int(tile[0, 0]) for tile in tiles] == [1, 1]  # of image 2 the mass is ignored and the nodule is found
    assert captions == [
        ("1<b>.png", "mass: absent", "predicted 0.80"),
        ("1<b>.png", "nodule: present", "predicted 0.20"),
    ]


def test_no_error_is_said_in_how_many(tmp_path: Path) -> None:
    events, sheets = write(tmp_path, "multiclass", np.array(TRUTH["multiclass"], float))
    assert not sheets and "most confident errors" not in events.Tags()["images"]
    (text,) = events.Tensors("most confident errors/text_summary")
    assert text.tensor_proto.string_val[0] == b"none in 3 validation images"


def test_diverged_training_goes_on_to_be_told_as_such(tmp_path: Path) -> None:
    events, sheets = write(tmp_path, "multiclass", np.full((3, 2), np.nan))
    assert not sheets and not events.Tags()["images"]
    (text,) = events.Tensors("most confident errors/text_summary")
    assert text.tensor_proto.string_val[0] == b"no probabilities: the training has diverged"
