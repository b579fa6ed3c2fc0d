"""When images are read and decoded, relative to the network."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from radiobundle.images.search import FoundImage
from radiobundle.serving import decode as module
from radiobundle.serving.decode import AHEAD, DecodedImage, decode_batches

BATCH, COUNT = 2, 11


class Watched:
    """A model that notes which files were read and which decoded, and lets a test wait for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, on_cpu: bool) -> None:
        self.on_cpu, self.reader = on_cpu, SimpleNamespace(decode_with_remarks=self._decode)
        self.read: set[str] = set()
        self.decoded: set[str] = set()
        self.changed = threading.Condition()
        monkeypatch.setattr(module, "read_bytes", self._read)

    def _read(self, path: Path) -> bytes:
        self._note(self.read, str(path))
        if path.name == "3.png":
            raise ValueError("3.png: cannot be read; fetch it again")
        return b"not dicom"

    def _decode(self, data: bytes, name: str) -> tuple[np.ndarray, list[str]]:
        self._note(self.decoded, name)
        return np.full((1, 2, 2), int(Path(name).stem), np.uint8), []

    def _note(self, noted: set[str], name: str) -> None:
        with self.changed:
            noted.add(name)
            self.changed.notify_all()

    def wait(self, noted: set[str], count: int) -> set[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(noted) >= count, timeout=20)
            return set(noted)


def images() -> list[FoundImage]:
    paths = [Path(f"{number}.png") for number in range(COUNT)]
    return [FoundImage(path.name, path, "no such file" if path.stem == "4" else "") for path in paths]


def batches(model: Watched) -> Any:
    return decode_batches(images(), model, batch_size=BATCH)  # type: ignore[arg-type]


def names(*numbers: int) -> set[str]:
    return {f"{number}.png" for number in numbers}


def test_a_network_on_the_cpu_has_its_cores_while_the_next_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Watched(monkeypatch, on_cpu=True)
    found = batches(model)
    next(found)
    assert model.wait(model.read, 2 * BATCH) == names(0, 1, 2, 3)
    assert model.decoded == names(0, 1)
    next(found)
    assert model.decoded == names(0, 1, 2)  # 3 cannot be read
    found.close()


def test_images_are_decoded_ahead_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Watched(monkeypatch, on_cpu=False)
    found = batches(model)
    next(found)
    in_time = (1 + AHEAD) * BATCH - 2  # 3 and 4 are not decoded
    assert model.wait(model.decoded, in_time) == names(0, 1, 2, 5, 6, 7)
    found.close()


@pytest.mark.parametrize("on_cpu", [True, False])
def test_all_images_come_in_order_or_with_their_failure(monkeypatch: pytest.MonkeyPatch, on_cpu: bool) -> None:
    found = list(batches(Watched(monkeypatch, on_cpu=on_cpu)))
    assert [len(batch) for batch in found] == [BATCH] * 5 + [1]
    everything: list[DecodedImage] = [image for batch in found for image in batch]
    assert [image.name for image in everything] == [found.name for found in images()]
    assert [int(image.pixels[0, 0, 0]) for image in everything if image.pixels is not None] == [0, 1, 2, *range(5, 11)]
    reasons = {image.name: image.failure.reason for image in everything if image.failure is not None}
    assert reasons == {"3.png": "3.png: cannot be read; fetch it again", "4.png": "no such file"}
