"""TorchScript files of `radiobundle export`: inspected before torch runs any of them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from radiobundle.models.onnx_file import DESCRIPTION, Runner
from radiobundle.networks.weights import damaged_record

_REACHES_OUT = re.compile(r"\b(?:torch|ops\.\w+)\.(?:save|from_file|rpc_\w+)\b")  # operators of TorchScript
_MOST_CODE_BYTES = 64 * 2**20


def load_torchscript(path: Path, device: str) -> tuple[Runner, str, str]:
    """Return what runs a file, its description, and, as `load_onnx`, a problem: none, the archive is checked first."""
    _check_torchscript(path)
    extra: dict[str, Any] = {DESCRIPTION: ""}
    network: Any = torch.jit.load(str(path), map_location=device, _extra_files=extra)

    def run(images: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [output.cpu().numpy() for output in network(torch.from_numpy(images).to(device))]

    text = extra[DESCRIPTION]
    return run, text.decode() if isinstance(text, bytes) else text, ""


def _check_torchscript(path: Path) -> None:
    """Refuse a damaged file, and a program that writes or reads files or contacts other machines, before torch runs it.

    Loading may run a module's `__setstate__`; the archive holds the program as text.
    """
    if problem := damaged_record(path):
        raise ValueError(f"{path}: damaged, {problem}; fetch it again")
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(".py"):
                if entry.file_size > _MOST_CODE_BYTES:
                    raise ValueError(f"{path}: holds {entry.file_size:,} bytes of program, which is too many; refused")
                if found := _REACHES_OUT.search(archive.read(entry).decode("utf-8", errors="replace")):
                    raise ValueError(f"{path}: its program calls {found[0]}, which no network needs; refused")
