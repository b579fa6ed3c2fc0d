"""A TorchScript or ONNX file of `radiobundle export` as a model: its description travels inside the file."""

from __future__ import annotations

import importlib
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from radiobundle.bundles.companions import check_labels
from radiobundle.bundles.model import Answer, Model
from radiobundle.bundles.steps import build_steps, to_data
from radiobundle.bundles.trained import TrainedModel
from radiobundle.evaluation.calibration import parse_calibration
from radiobundle.evaluation.out_of_distribution import check_reference
from radiobundle.evaluation.thresholds import SCHEMA as THRESHOLDS_SCHEMA
from radiobundle.evaluation.thresholds import parse_thresholds
from radiobundle.extras import how_to_install
from radiobundle.files import file_sha256, parse_json
from radiobundle.images.reader import RadiographReader
from radiobundle.schemas import check_schema

SUFFIXES = (".ts", ".onnx")
DESCRIPTION = "radiobundle.json"
ONNX_INPUT = "image"
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
SCHEMA = "radiobundle-exported/2"  # version 1, which named preprocessing by `_target_`, is still read
_FIX = "export it again"
_REACHES_OUT = re.compile(r"\b(?:torch|ops\.\w+)\.(?:save|from_file|rpc_\w+)\b")  # operators of TorchScript
_MOST_CODE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class ExportedModel(Model):
    """A model without Python behind it.

    Attributes:
        run: from unit-range films (batch, channels, height, width) float32 to its outputs.
    """

    run: Callable[[np.ndarray], list[np.ndarray]]

    def answer(self, pixels: np.ndarray) -> Answer:
        """See `Model`."""
        probabilities, *more = self.run(pixels.astype(np.float32) / 255)
        return self.checked(Answer(probabilities.astype(np.float64), more[0] if more else None))


def describe(model: TrainedModel) -> dict[str, Any]:
    """Return what an exported file must know of itself, JSON-ready."""
    height, width = model.reader.image_size_px
    outputs = {"probabilities": f"batch x {len(model.labels)} float32"}
    if model.reference is not None:
        outputs["distances"] = "batch float32, how unlike the validation films"
    return {
        "schema": SCHEMA,
        "name": model.name,
        "version": model.version,
        "weights_sha256": model.sha256,
        "labels": list(model.labels),
        "dicom_codes": dict(model.dicom_codes),
        "task": model.task,
        "image_size_px": [height, width],
        "preprocessing_steps": to_data(model.steps),
        "input": f"batch x channels x {height} x {width} float32, 0 to 1, bright bones",
        "outputs": outputs,
        "thresholds": None if model.thresholds is None else {"schema": THRESHOLDS_SCHEMA, **vars(model.thresholds)},
        "calibration": None if model.calibration is None else model.calibration.to_json(),
        "reference_distances": None if model.reference is None else model.reference.tolist(),
    }


def load_exported(path: str | Path, *, device: str = "cpu") -> ExportedModel:
    """Load an exported file; TorchScript is a program, so use files of people you trust.

    Raises:
        ValueError: damaged, not written by `radiobundle export`, or it describes itself wrongly; the message names the
            file and the key.
    """
    path = Path(path)
    load = _load_onnx if path.suffix.lower() == ".onnx" else _load_torchscript
    try:
        run, text = load(path, device)
    except ValueError:
        raise
    except Exception as error:  # both runtimes raise types of their own
        raise ValueError(f"{path}: cannot be loaded ({type(error).__name__}: {error}); fetch it again") from error
    if not text:
        raise ValueError(f"{path}: was not written by `radiobundle export`; predict with its bundle")
    found = parse_json(text, str(path), fix=_FIX)
    check_schema(found, "exported", name=str(path), fix=_FIX)
    thresholds, calibration, reference = (found[key] for key in ("thresholds", "calibration", "reference_distances"))
    labels, task = tuple(found["labels"]), found["task"]
    steps = build_steps(found["preprocessing_steps"], name=str(path))
    model = ExportedModel(
        name=found["name"],
        version=found["version"],
        sha256=file_sha256(path),
        labels=labels,
        dicom_codes=found["dicom_codes"],
        task=task,
        reader=RadiographReader(found["image_size_px"], steps=steps),
        thresholds=None if thresholds is None else parse_thresholds(thresholds, str(path)),
        calibration=None if calibration is None else parse_calibration(calibration, str(path)),
        reference=None if reference is None else np.asarray(reference, np.float32),
        run=run,
    )
    check_labels(model.thresholds, model.calibration, labels=labels, task=task, name=str(path))
    if model.reference is not None and (problem := check_reference(model.reference)):
        raise ValueError(f"{path}: {problem}; {_FIX}")
    return model


def import_onnxruntime() -> Any:
    """Return the module.

    Raises:
        ValueError: it is not installed; the message says how.
    """
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ValueError(f"ONNX needs {how_to_install('export')}: {error}") from error


def _load_torchscript(path: Path, device: str) -> tuple[Callable[[np.ndarray], list[np.ndarray]], str]:
    _check_torchscript(path)
    extra: dict[str, Any] = {DESCRIPTION: ""}
    network: Any = torch.jit.load(str(path), map_location=device, _extra_files=extra)

    def run(films: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [output.cpu().numpy() for output in network(torch.from_numpy(films).to(device))]

    text = extra[DESCRIPTION]
    return run, text.decode() if isinstance(text, bytes) else text


def _check_torchscript(path: Path) -> None:
    """Refuse a program that writes or reads files or calls other machines, before torch runs any of it.

    Loading may run a module's `__setstate__`; the archive holds the program as text.
    """
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(".py"):
                if entry.file_size > _MOST_CODE_BYTES:
                    raise ValueError(f"{path}: holds {entry.file_size:,} bytes of program, too many; refused")
                if found := _REACHES_OUT.search(archive.read(entry).decode("utf-8", errors="replace")):
                    raise ValueError(f"{path}: its program calls {found[0]}, which no network needs; refused")


def _load_onnx(path: Path, device: str) -> tuple[Callable[[np.ndarray], list[np.ndarray]], str]:
    onnxruntime = import_onnxruntime()
    providers = _providers(device, onnxruntime.get_available_providers())
    session = onnxruntime.InferenceSession(str(path), providers=providers)

    def run(films: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(output) for output in session.run(None, {ONNX_INPUT: films})]

    return run, session.get_modelmeta().custom_metadata_map.get(DESCRIPTION, "")


def _providers(device: str, available: Sequence[str]) -> list[Any]:
    """Return the execution providers of onnxruntime, the wanted one first, then those for what it cannot do."""
    kind, _, number = device.partition(":")
    if kind not in PROVIDERS:
        raise ValueError(f"--device {device}: an ONNX file runs on {', '.join(PROVIDERS)}")
    wanted = PROVIDERS[kind]
    if wanted[0] not in available:
        raise ValueError(
            f"--device {device}: onnxruntime here lacks {wanted[0]}; `pip install onnxruntime-gpu` (for tensorrt also "
            "`tensorrt`) on a machine with an NVIDIA GPU, or give --device cpu"
        )
    options = {} if kind == "cpu" else {"device_id": int(number or 0)}
    return [(name, {} if name == PROVIDERS["cpu"][0] else options) for name in wanted if name in available]
