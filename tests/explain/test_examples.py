"""Examples: of each class, from what the network missed to what it was sure of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.explain import examples


def make_predictions(truth: list[list[int]], probabilities: list[list[float]], splits: list[str]) -> Predictions:
    count = len(truth)
    names = np.array([f"{index}.png" for index in range(count)])
    labels = tuple("abc"[: len(truth[0])])
    return Predictions(names, None, np.array(splits), labels, np.array(truth), np.array(probabilities))


@pytest.fixture
def plotted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """File, title and frame of each panel."""
    calls: list[tuple[str, str, bool]] = []
    plot = examples._plot

    def recording(axes: object, path: Path, *, title: str, found: bool) -> None:
        calls.append((Path(path).name, title, found))
        plot(axes, path, title=title, found=found)  # type: ignore[arg-type]

    monkeypatch.setattr(examples, "_plot", recording)
    return calls


def images(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{index}.png" for index in range(count)]
    for path in paths:
        Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12)).save(path)
    return paths


def test_each_label_has_a_row_from_least_to_most_probable(tmp_path: Path, plotted: list[tuple[str, str, bool]]) -> None:
    truth = [[1, 0], [1, 1], [0, 0], [1, -1], [1, 0]]
    probabilities = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.6], [0.6, 0.5], [0.99, 0.0]]
    predictions = make_predictions(truth, probabilities, ["validation"] * 4 + ["test"])
    examples.write_examples(predictions, images(tmp_path, 5), tmp_path / "out.png")
    assert plotted == [
        ("1.png", "✗ 0.20", False), ("3.png", "✓ 0.60", True), ("0.png", "✓ 0.90", True),
        ("1.png", "✓ 0.80", True),
        ("2.png", "✗ 0.60", False),
    ]  # fmt: skip
    assert (tmp_path / "out.png").is_file()


def test_thresholds_that_decide_decide_here_too(tmp_path: Path, plotted: list[tuple[str, str, bool]]) -> None:
    predictions = make_predictions([[1], [0]], [[0.4], [0.35]], ["test"] * 2)
    examples.write_examples(predictions, images(tmp_path, 2), tmp_path / "out.png", thresholds=np.array([0.3]))
    assert plotted == [("0.png", "✓ 0.40", True), ("1.png", "✗ 0.35", False)]


def test_without_known_labels_there_is_no_page(tmp_path: Path) -> None:
    predictions = make_predictions([[-1]], [[0.4]], ["test"])
    examples.write_examples(predictions, images(tmp_path, 1), tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()
