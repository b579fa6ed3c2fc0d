"""Whatever a decoder raises has a name in the end: that of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from image_files import save_image
from radiobundle.images import grayscale, still
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale


@pytest.mark.parametrize("kind", [TypeError, KeyError, MemoryError, RecursionError, AssertionError, StopIteration])
@pytest.mark.parametrize("broken", ["png", "decoder", "conversion"])
def test_any_error_names_the_file(
    broken: str, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise kind("of a library")

    path = save_image(tmp_path / "a.png", np.arange(1200).reshape(40, 30).astype(np.uint16))
    owner, name = {"png": (still.png, "check_png"), "decoder": (still, "_decode"), "conversion": (still, "_to_grey")}[
        broken
    ]
    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(UnreadableImageError, match=rf"a\.png: not a readable image \({kind.__name__}: .*of a library"):
        read_grayscale(path)


def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ImportError(f"no {name}")

    monkeypatch.setattr(grayscale.importlib, "import_module", fail)
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(128) + b"DICM")
    with pytest.raises(UnreadableImageError, match=r"needs .*radiobundle\[dicom\]"):
        read_grayscale(path)
