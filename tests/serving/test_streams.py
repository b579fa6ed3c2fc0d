"""Several batches at once, each on its part of the processor."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.evaluation.fitting.out_of_distribution import Gaussian, fit_gaussian
from radiobundle.images.search import FoundImage, search_images
from radiobundle.models.trained import TrainedModel, load_model
from radiobundle.networks.features import FeatureTap
from radiobundle.serving.streams import MOST_STREAMS, AnsweredBatch, answer_batches

THREADS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    paths = make_blob_list(tmp_path_factory.mktemp("run"))
    run_bundle("train", **{**TINY, "network_def": "@networks#resnet18"}, **paths, max_epochs=1)
    return paths


@pytest.fixture
def model(folder: dict[str, str]) -> TrainedModel:
    """A trained network with an out-of-distribution score."""
    found = load_model(folder["output_dir"], precision="fp32")
    features = found.features(np.random.default_rng(0).integers(0, 255, (40, 1, 24, 24)).astype(np.uint8))
    gaussian = Gaussian(**{name: torch.from_numpy(value) for name, value in vars(fit_gaussian(features)).items()})
    return dataclasses.replace(found, gaussian=gaussian, tap=FeatureTap(found.network))


@pytest.fixture
def several_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def images(folder: dict[str, str], *, bad: Path | None = None) -> list[FoundImage]:
    found = list(search_images([folder["dataset_dir"]]))
    return found if bad is None else [*found[:4], FoundImage("bad", bad), *found[4:]]


def threads_of_a_new_thread() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def one_stream(found: list[FoundImage], model: TrainedModel, **options: Any) -> list[AnsweredBatch]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return list(answer_batches(iter(found), model, **options))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.usefixtures("several_threads")
def test_streams_answer_the_same_in_the_same_order(
    folder: dict[str, str], model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    found = images(folder, bad=tmp_path / "bad.png")
    expected = one_stream(found, model, batch_size=4, features=True)
    seen: set[str] = set()
    answer = TrainedModel.answer

    def watched(self: TrainedModel, pixels: np.ndarray) -> Any:
        seen.add(threading.current_thread().name)
        return answer(self, pixels)

    monkeypatch.setattr(TrainedModel, "answer", watched)
    answered = list(answer_batches(iter(found), model, batch_size=4, features=True))
    assert seen == {f"stream_{index}" for index in range(THREADS)}
    assert (torch.get_num_threads(), threads_of_a_new_thread()) == (THREADS, THREADS)
    assert len(answered) == len(expected) == 8
    for one, other in zip(answered, expected, strict=True):
        assert [image.name for image in one.decoded.images] == [image.name for image in other.decoded.images]
        assert one.decoded.failures == other.decoded.failures
        assert one.answer is not None and other.answer is not None
        np.testing.assert_array_equal(one.answer.probabilities, other.answer.probabilities)
        np.testing.assert_array_equal(one.answer.distances, other.answer.distances)
        np.testing.assert_array_equal(one.features, other.features)
    assert sum(len(one.decoded.failures) for one in answered) == 1


@pytest.mark.usefixtures("several_threads")
def test_few_images_are_shared_out(folder: dict[str, str], model: TrainedModel) -> None:
    found = images(folder)
    sizes = [len(one.decoded) for one in answer_batches(iter(found[:5]), model, batch_size=32)]
    assert sizes == [2, 2, 1]
    assert [len(one.decoded) for one in answer_batches(iter(found[:2]), model, batch_size=32)] == [1, 1]
    assert [len(one.decoded) for one in answer_batches(iter(found[:1]), model, batch_size=32)] == [1]
    assert not list(answer_batches(iter(()), model, batch_size=32))
    assert [len(one.decoded) for one in answer_batches(iter(found), model, batch_size=10)] == [10, 10, 10]


@pytest.mark.usefixtures("several_threads")
def test_threads_are_shared_out(folder: dict[str, str], model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, int]] = set()
    answer = TrainedModel.answer

    def watched(self: TrainedModel, pixels: np.ndarray) -> Any:
        seen.add((threading.current_thread().name, torch.get_num_threads()))
        return answer(self, pixels)

    monkeypatch.setattr(TrainedModel, "answer", watched)
    torch.set_num_threads(2 * MOST_STREAMS + 1)
    list(answer_batches(iter(images(folder)), model, batch_size=1))
    assert len({name for name, _ in seen}) == MOST_STREAMS
    assert {threads for _, threads in seen} <= {2, 3}


@pytest.mark.usefixtures("several_threads")
def test_network_of_others_answers_one_batch_at_a_time(
    folder: dict[str, str], model: TrainedModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Its hook may keep what it sees anywhere, where another thread would find it."""
    kept: list[torch.Tensor] = []
    model.network.fc.register_forward_pre_hook(lambda _module, inputs: kept.append(inputs[0]))
    found = images(folder)
    with caplog.at_level("INFO"):
        answered = list(answer_batches(iter(found), model, batch_size=4))
    assert "answers one batch at a time: " in caplog.text
    assert "may not be meant for several threads" in caplog.text
    for one, other in zip(answered, one_stream(found, model, batch_size=4), strict=True):
        assert one.answer is not None and other.answer is not None
        np.testing.assert_array_equal(one.answer.probabilities, other.answer.probabilities)


@pytest.mark.usefixtures("several_threads")
def test_error_in_a_stream_ends_them_all(folder: dict[str, str], model: TrainedModel) -> None:
    other_labels = dataclasses.replace(model, labels=("one", "two"))
    with pytest.raises(ValueError, match="the network has 3 outputs for 2 labels"):
        list(answer_batches(iter(images(folder)), other_labels, batch_size=2))
    assert threads_of_a_new_thread() == THREADS
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stream")]


@pytest.mark.usefixtures("several_threads")
def test_streams_read_a_few_batches_ahead_and_no_more(
    folder: dict[str, str], model: TrainedModel, tmp_path: Path
) -> None:
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(tmp_path / "x.png")
    taken: list[int] = []

    def endless() -> Iterator[FoundImage]:
        for index in range(10**9):
            taken.append(index)
            yield FoundImage(str(index), tmp_path / "x.png")

    batches = answer_batches(endless(), model, batch_size=2)
    for _ in range(5):
        next(batches)
    batches.close()
    assert len(taken) <= 2 * (5 + 2 * THREADS)
    assert threads_of_a_new_thread() == THREADS
