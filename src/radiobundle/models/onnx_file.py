"""ONNX files of `radiobundle export`: run by onnxruntime, sealed by a checksum."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.extras import how_to_install

Runner = Callable[[np.ndarray], list[np.ndarray]]
DESCRIPTION, SEAL = "radiobundle.json", "radiobundle.sha256"  # keys of the file's metadata
ONNX_INPUT = "image"
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}


def import_onnxruntime() -> Any:
    """Return the module.

    Raises:
        ValueError: it is not installed; the message says how.
    """
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ValueError(f"ONNX needs {how_to_install('export')}: {error}") from error


def load_onnx(path: Path, device: str) -> tuple[Runner, str, str]:
    """Return the runner of a file, its description, and what is wrong with its seal (empty: nothing)."""
    onnxruntime = import_onnxruntime()
    providers = execution_providers(device, onnxruntime.get_available_providers())
    session = onnxruntime.InferenceSession(str(path), providers=providers)

    def run(images: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(output) for output in session.run(None, {ONNX_INPUT: images})]

    properties = session.get_modelmeta().custom_metadata_map
    description = properties.get(DESCRIPTION, "")
    return run, description, _seal_problem(path, description, properties.get(SEAL, ""))


def seal_onnx(graph: bytes, description: str) -> bytes:
    """Return an ONNX file with its description and a checksum of all before them.

    Args:
        graph: the serialised model.
        description: JSON text.

    A protocol buffer may be continued by appending fields, such as those of a model that has nothing but properties.
    """
    import onnx  # noqa: PLC0415 - only the extra has it

    seal = f"{len(graph)} {hashlib.sha256(graph + description.encode()).hexdigest()}"
    told = onnx.ModelProto()
    onnx.helper.set_model_props(told, {DESCRIPTION: description, SEAL: seal})
    return graph + told.SerializeToString()


def _seal_problem(path: Path, description: str, seal: str) -> str:
    """Return what is wrong with a file whose graph or description is not what `radiobundle export` wrote."""
    size, _, sha = seal.partition(" ")
    graph = path.read_bytes()[: int(size) if size.isdecimal() else 0]
    is_whole = hashlib.sha256(graph + description.encode()).hexdigest() == sha
    return "" if is_whole else "damaged, or changed since it was exported"


def execution_providers(device: str, available: Sequence[str]) -> list[Any]:
    """Return the execution providers of onnxruntime, the requested one first, then fallbacks."""
    kind, _, number = device.partition(":")
    if kind not in PROVIDERS:
        raise ValueError(f"`device` {device}: an ONNX file runs on {', '.join(PROVIDERS)}")
    wanted = PROVIDERS[kind]
    if wanted[0] not in available:
        raise ValueError(
            f"`device` {device}: onnxruntime here lacks {wanted[0]}; `pip install onnxruntime-gpu` (for tensorrt also "
            "`tensorrt`) on a machine with an NVIDIA GPU, or give `device` cpu"
        )
    options = {} if kind == "cpu" else {"device_id": int(number or 0)}
    return [(name, {} if name == PROVIDERS["cpu"][0] else options) for name in wanted if name in available]
