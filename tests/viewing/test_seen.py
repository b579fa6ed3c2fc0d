"""What the network adds to a page: neighbours among the training images, with their own list."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from radiobundle.models.trained import TrainedModel
from radiobundle.viewing.network import NetworkInput, run_network
from radiobundle.viewing.runs import open_runs
from radiobundle.viewing.seen import Seen, look_at


def look(run: dict[str, str], rows: list[int], training: list[int], **options: Any) -> Seen:
    images = Path(run["dataset_dir"])
    items = [{"name": f"{index}.png", "image": str(images / f"{index}.png"), "label": [1, 0, 0]} for index in training]
    with run_network(open_runs([run["output_dir"]])[0]) as model:
        assert model is not None
        names = [f"{index}.png" for index in rows]
        return look_at(NetworkInput(model), names, [images / name for name in names], items, **options)


def test_neighbours_are_training_images_that_the_page_lists(trained_run: dict[str, str]) -> None:
    seen = look(trained_run, [0, 1, 2, 24], list(range(24, 60)), most_training=100)
    assert seen.neighbours is not None and seen.unlikeness is not None and seen.notes == ()
    names = [item["name"] for item in seen.references]
    assert 5 <= len(names) <= 20 and len(set(names)) == len(names)
    assert np.unique(seen.neighbours.index).tolist() == list(range(len(names)))
    assert "24.png" not in [names[at] for at in seen.neighbours.index[3]]
    assert list(seen.maps) == ["pca"] and "components" in seen.map_note


def test_of_many_training_images_a_sample_is_compared_with(trained_run: dict[str, str]) -> None:
    seen = look(trained_run, [0, 1, 2], list(range(24, 60)), most_training=4)
    assert seen.neighbours is not None and seen.neighbours.index.shape == (3, 4) and len(seen.references) == 4
    assert seen.notes == ("nearest training images are among 4 of 36 training images, chosen at random",)
    none = look(trained_run, [0, 1, 2], list(range(24, 60)), most_training=0)
    assert none.neighbours is None and none.notes == () and none.maps


def test_a_network_without_features_says_so(trained_run: dict[str, str]) -> None:
    def refuse(model: TrainedModel) -> int:
        raise ValueError("the network has no fully connected layer")

    with patch.object(TrainedModel, "feature_count", property(refuse)):
        seen = look(trained_run, [0], [30], most_training=5)
    assert seen.notes == ("the network has no fully connected layer",) and not seen.maps and seen.neighbours is None
