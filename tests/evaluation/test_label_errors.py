"""Planted errors are found, and a model is not asked about what it has learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radiobundle.evaluation.label_errors import find_label_errors
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.labels import Task

COUNT, WRONG = 600, 30


def planted(task: Task, *, seed: int = 0, split: str = "validation", **options: Any) -> Predictions:
    """Predictions of a good model for labels of which the first 30 are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3 if task == "multiclass" else 2, COUNT)
    logits = np.eye(3)[true] * 4 + rng.normal(0, 1, (COUNT, 3))
    given = true.copy()
    given[:WRONG] = (given[:WRONG] + 1) % (3 if task == "multiclass" else 2)
    if task == "multiclass":
        probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        truth = np.eye(3)[given]
    else:
        probabilities = 1 / (1 + np.exp(-np.stack([logits[:, 1] - logits[:, 0], rng.normal(0, 1, COUNT)], axis=1)))
        truth = np.stack([given, np.zeros(COUNT)], axis=1)
    labels = ("a", "b", "c") if task == "multiclass" else ("mass", "absent")
    names = np.array([f"{index}.png" for index in range(COUNT)])
    return Predictions(names, names, np.full(COUNT, split), labels, truth, probabilities, task=task, **options)


@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_planted_errors_come_first_and_are_counted(task: Task) -> None:
    found = find_label_errors([planted(task)], resamples=50)
    first = [int(name.partition(".")[0]) < WRONG for name in found.ranking["image"][:WRONG]]
    assert np.mean(first) > 0.8
    assert found.ranking["is_suspect"][:20].all() and not found.ranking["is_suspect"][-300:].any()
    total, low, high = (found.expected[name].sum() for name in ("errors", "low", "high"))
    assert low < total < high and low < WRONG < high
    assert (found.ranking["given"] != found.ranking["suggested"]).all()
    if task == "multilabel":
        assert "'absent' has no image, so it was not judged" in found.notes
        assert set(found.ranking["given"]) == {"mass", "not mass"}


def test_several_models_are_averaged_and_facts_are_kept() -> None:
    one = planted("multiclass", groups=pd.DataFrame({"fold": np.arange(COUNT) % 2, "predicted": "a"}))
    other = planted("multiclass")
    both = find_label_errors([one, other], resamples=5, names=["x", "y"]).ranking.set_index("image")
    mean = (one.probabilities[3] + other.probabilities[3]) / 2
    assert both.loc["3.png", "score"] == pytest.approx(mean[one.truth[3].argmax()])
    assert "fold" in both and "predicted" not in both and both.loc["3.png", "patient_id"] == "3.png"


def test_labels_that_a_model_has_learned_are_refused() -> None:
    with pytest.raises(ValueError, match="run: 600 of 600 images are of the training split: a model agrees"):
        find_label_errors([planted("multiclass", split="training")], names=["run"])


def test_ignored_labels_are_left_out_and_nothing_to_judge_is_said() -> None:
    table = planted("multilabel")
    truth = table.truth.copy()
    truth[:100, 0] = -1
    ignored = Predictions(table.images, None, table.splits, table.labels, truth, table.probabilities)
    assert len(find_label_errors([ignored], resamples=5).ranking) == COUNT - 100
    truth[:] = 0
    nothing = Predictions(table.images, None, table.splits, table.labels, truth, table.probabilities)
    with pytest.raises(ValueError, match="no label can be judged: 'mass' has no image"):
        find_label_errors([nothing])


def test_models_that_tell_nothing_apart_are_not_asked() -> None:
    table = planted("multilabel")
    constant = replace(table, probabilities=np.full_like(table.probabilities, 0.5))
    with pytest.raises(ValueError, match="'mass' has one probability for all images, so it was not judged"):
        find_label_errors([constant], resamples=5)


def test_no_more_labels_are_wrong_than_there_are() -> None:
    table = planted("multiclass")
    nonsense = replace(table, probabilities=np.roll(table.probabilities, 1, axis=1))  # each class for another one
    expected = find_label_errors([nonsense], resamples=50).expected
    assert (expected["errors"] > 0.8 * expected["images"]).all() and (expected["high"] <= expected["images"]).all()
