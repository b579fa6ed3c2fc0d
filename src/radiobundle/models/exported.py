"""A TorchScript or ONNX file of `radiobundle export` as a model: its description is inside the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.evaluation.fitting.calibration import parse_calibration
from radiobundle.evaluation.fitting.out_of_distribution import check_reference
from radiobundle.evaluation.fitting.thresholds import SCHEMA as THRESHOLDS_SCHEMA
from radiobundle.evaluation.fitting.thresholds import parse_thresholds
from radiobundle.files import file_sha256, parse_json
from radiobundle.images.reader import RadiographReader
from radiobundle.models.companions import check_labels
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.models.model import Answer, Model
from radiobundle.models.onnx_file import load_onnx
from radiobundle.models.steps import build_steps, to_data
from radiobundle.models.torchscript_file import load_torchscript
from radiobundle.models.trained import TrainedModel
from radiobundle.networks.content_hash import content_sha256
from radiobundle.networks.weights import read_weights
from radiobundle.schemas import check_schema

SUFFIXES = (".ts", ".onnx")
SCHEMA = "radiobundle-exported/2"  # version 1, which named preprocessing by `_target_`, is still read
_FIX = "export it again"


@dataclass(frozen=True)
class ExportedModel(Model):
    """A model that runs without Python code.

    Attributes:
        run: from unit-range images (batch, channels, height, width) float32 to its outputs.
    """

    run: Callable[[np.ndarray], list[np.ndarray]]

    def answer(self, pixels: np.ndarray) -> Answer:
        """See `Model`."""
        probabilities, *more = self.run(pixels.astype(np.float32) / 255)
        return self.checked(Answer(probabilities.astype(np.float64), more[0] if more else None))


def describe(model: TrainedModel) -> dict[str, Any]:
    """Return the description inside an exported file, JSON-ready."""
    height, width = model.reader.image_size_px
    outputs = {"probabilities": f"batch x {len(model.labels)} float32"}
    if model.reference is not None:
        outputs["distances"] = "batch float32, distance from the validation images"
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
        "input": f"batch x channels x {height} x {width} float32, 0 to 1, bones bright",
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
    load = load_onnx if path.suffix.lower() == ".onnx" else load_torchscript
    try:
        run, text, problem = load(path, device)
    except ValueError:
        raise
    except Exception as error:  # both runtimes raise types of their own
        raise ValueError(f"{path}: cannot be loaded ({type(error).__name__}: {error}); fetch it again") from error
    if not text:
        raise ValueError(f"{path}: was not written by `radiobundle export`; predict with its bundle instead")
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
    if model.reference is not None and (wrong := check_reference(model.reference)):
        raise ValueError(f"{path}: {wrong}; {_FIX}")
    if found["schema"] == SCHEMA:  # version 1 had no seal, and another hash of its weights
        _check_neighbour(path, found.get("weights_sha256"))
    if problem and found["schema"] == SCHEMA:
        raise ValueError(f"{path}: {problem}; fetch it again, or {_FIX}")
    return model


def _check_neighbour(path: Path, weights_sha256: str | None) -> None:
    """Refuse a file beside weights it was not made from, such as an export from before another training."""
    weights = path.with_name(Path(WEIGHTS).name)
    if weights.is_file() and weights_sha256 != content_sha256(read_weights(weights)):
        raise ValueError(f"{path}: was exported from other weights than {weights}; {_FIX}")
