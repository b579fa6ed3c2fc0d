"""Open a model in any form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from radiobundle.bundles.unpack import unpacked
from radiobundle.models.exported import SUFFIXES, load_exported
from radiobundle.models.model import Model
from radiobundle.models.trained import load_model


@contextmanager
def open_model(path: str | Path, *, device: str | None = None, precision: str = "auto") -> Iterator[Model]:
    """Yield the model of a run's output folder, a bundle with weights (folder or zip), TorchScript or ONNX.

    Raises:
        ValueError: it is none of these, or damaged, or the device is not available.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    suffix = Path(path).suffix.lower()
    if suffix != ".onnx":
        _check_torch_device(device, path)
    if suffix in SUFFIXES:
        if not Path(path).is_file():
            raise ValueError(f"{path}: no such file")
        yield load_exported(path, device=device)
        return
    with unpacked(path) as folder:
        try:
            model = load_model(folder, device=device, precision=precision)
        except ValueError as error:  # of a zip, the user knows the zip and not where it was unpacked
            raise ValueError(str(error).replace(str(folder), str(path))) from error
        yield model


def _check_torch_device(device: str, path: str | Path) -> None:
    if device.startswith("tensorrt"):
        raise ValueError(f"`device` {device}: TensorRT runs ONNX files; write one with `radiobundle export {path}`")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].partition(". ")[0]  # torch goes on at length
        raise ValueError(f"`device` {device}: torch cannot use it ({reason}); give `device` cpu") from error
