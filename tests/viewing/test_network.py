"""The network of a run sees what it saw in training, from the store or from the files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from radiobundle.viewing.network import NetworkInput, run_network
from radiobundle.viewing.runs import ViewedRun, open_runs
from radiobundle.viewing.store import kept_pixels
from viewing_cases import make_run


def open_run(folder: str | Path) -> ViewedRun:
    return open_runs([folder])[0]


def test_pixels_are_those_of_the_reader_with_and_without_files(trained_run: dict[str, str], tmp_path: Path) -> None:
    run = open_run(trained_run["output_dir"])
    images = Path(trained_run["dataset_dir"])
    copies = Path(shutil.copytree(images, tmp_path / "copies"))
    (copies / "2.png").write_bytes(b"broken")
    kept = kept_pixels(run)
    assert kept is not None and len(kept) == 100
    with run_network(run) as model:
        assert model is not None
        expected = [model.reader(images / f"{index}.png") for index in (0, 1, 3)]
        gone = images.rename(images.with_name("away"))
        try:
            (indices, pixels, tried), *_ = NetworkInput(model, kept).batches([images / f"{at}.png" for at in (0, 1, 3)])
            assert indices == [0, 1, 2] and tried == 3
            np.testing.assert_array_equal(pixels, np.stack(expected))
            assert [found for found, *_ in NetworkInput(model).batches([images / "0.png"])] == [[]]
        finally:
            gone.rename(images)
        batches = list(NetworkInput(model, kept).batches([copies / "0.png", None, copies / "2.png", copies / "1.png"]))
        assert batches[0][0] == [0, 3] and batches[0][2] == 4
        np.testing.assert_array_equal(batches[0][1], np.stack(expected[:2]))
        pieces = list(NetworkInput(model).batches([copies / "0.png"] * 5, batch_size=2))
        assert [piece[0] for piece in pieces] == [[0, 1], [2, 3], [4]]


def test_a_run_without_weights_has_none(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path))
    with run_network(run) as model:
        assert model is None
    assert kept_pixels(run) is None
