"""A TorchScript or ONNX file of `radiobundle export` as a model: its description travels inside the file."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser

from radiobundle.bundles.lint.configs import strings
from radiobundle.bundles.model import Answer, Model
from radiobundle.bundles.trained import TrainedModel
from radiobundle.evaluation.calibration import parse_calibration
from radiobundle.evaluation.thresholds import SCHEMA as THRESHOLDS_SCHEMA
from radiobundle.evaluation.thresholds import parse_thresholds, sha256_of_file
from radiobundle.extras import how_to_install
from radiobundle.images.reader import RadiographReader

SUFFIXES = (".ts", ".onnx")
DESCRIPTION = "radiobundle.json"
ONNX_INPUT = "image"
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
SCHEMA = "radiobundle-exported/1"
TRUSTED = ("monai.transforms.", "radiobundle.transforms.")  # that a file's preprocessing may name


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
        return Answer(probabilities.astype(np.float64), more[0] if more else None)


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
        "preprocessing_steps": model.steps,
        "input": f"batch x channels x {height} x {width} float32, 0 to 1, bright bones",
        "outputs": outputs,
        "thresholds": None if model.thresholds is None else {"schema": THRESHOLDS_SCHEMA, **vars(model.thresholds)},
        "calibration": None if model.calibration is None else model.calibration.to_json(),
        "reference_distances": None if model.reference is None else model.reference.tolist(),
    }


def load_exported(path: str | Path, *, device: str = "cpu") -> ExportedModel:
    """Load an exported file; TorchScript is a program, so use files of people you trust.

    Raises:
        ValueError: damaged, not written by `radiobundle export`, or its preprocessing is not one of MONAI's or ours.
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
    found = json.loads(text)
    if found.get("schema") != SCHEMA:
        raise ValueError(f"{path}: schema {found.get('schema')!r}, expected {SCHEMA!r}; export it again")
    thresholds, calibration, reference = (found[key] for key in ("thresholds", "calibration", "reference_distances"))
    return ExportedModel(
        name=found["name"],
        version=found["version"],
        sha256=sha256_of_file(path),
        labels=tuple(found["labels"]),
        dicom_codes=found["dicom_codes"],
        task=found["task"],
        reader=RadiographReader(found["image_size_px"], steps=_steps(found["preprocessing_steps"], path)),
        thresholds=None if thresholds is None else parse_thresholds(json.dumps(thresholds), str(path)),
        calibration=None if calibration is None else parse_calibration(json.dumps(calibration), str(path)),
        reference=None if reference is None else np.asarray(reference, np.float32),
        run=run,
    )


def import_onnxruntime() -> Any:
    """Return the module.

    Raises:
        ValueError: it is not installed; the message says how.
    """
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ValueError(f"ONNX needs {how_to_install('export')}: {error}") from error


def _steps(steps: list[Any], path: Path) -> list[Callable[[Any], Any]]:
    """Instantiate preprocessing that names nothing but transforms of MONAI and ours, and evaluates nothing."""
    for key, text in strings(steps):
        trusted = text.startswith(TRUSTED) if key.split("#")[-1] == "_target_" else not text.startswith(("$", "@", "%"))
        if not trusted:
            raise ValueError(f"{path}: its preprocessing holds '{text}', which is not run; predict with its bundle")
    built: list[Callable[[Any], Any]] = ConfigParser({"steps": steps}).get_parsed_content("steps")
    return built


def _load_torchscript(path: Path, device: str) -> tuple[Callable[[np.ndarray], list[np.ndarray]], str]:
    extra: dict[str, Any] = {DESCRIPTION: ""}
    network: Any = torch.jit.load(str(path), map_location=device, _extra_files=extra)

    def run(films: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [output.cpu().numpy() for output in network(torch.from_numpy(films).to(device))]

    text = extra[DESCRIPTION]
    return run, text.decode() if isinstance(text, bytes) else text


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
