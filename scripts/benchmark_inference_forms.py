"""Forms in which a trained network can run on a CPU: speed, largest change of a probability, change of the AUROC.

The bundle's own form is eager PyTorch under autocast with memory that is kept and batch normalisation folded. Against
it, in turns: the same without folding; `torch.compile`; the files of `radiobundle export --int8`, float32 and int8, run
by onnxruntime and, where it is installed, by OpenVINO. The export gets a part of the validation images,
everything is compared on the others; the test part is not read.

    python scripts/benchmark_inference_forms.py RUN DATALIST IMAGES [--calibrate 192] [--compile]
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from benchmark_common import describe_machine, make_parser, publish, race, speed_rows
from radiobundle.cli import main as radiobundle
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.compare import paired_difference
from radiobundle.evaluation.metrics.scorer import epoch_scores
from radiobundle.labels import Task
from radiobundle.models.exported import load_exported
from radiobundle.models.model import Model
from radiobundle.models.onnx_file import ONNX_INPUT
from radiobundle.models.trained import TrainedModel, load_model
from radiobundle.training import AutocastInferer

OURS, PLAIN = "eager, autocast, folded", "eager, autocast"
BATCH, RESAMPLES = 64, 1000
Form = Callable[[np.ndarray], np.ndarray]  # uint8 (batch, channels, height, width) to probabilities (batch, labels)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("run", type=Path, help="folder of a trained run")
    parser.add_argument("datalist", type=Path)
    parser.add_argument("images", type=Path, help="folder that the list's paths are relative to")
    parser.add_argument("--calibrate", type=int, default=192, help="images for the export (default %(default)s)")
    parser.add_argument("--compile", action="store_true", help="also torch.compile, which needs a C++ compiler")
    arguments = parser.parse_args()
    model = dataclasses.replace(load_model(arguments.run), infer=AutocastInferer("cpu", fold_batch_norm=True))
    items = read_datalist(arguments.datalist).splits["validation"]
    items = [items[at] for at in np.random.default_rng(0).permutation(len(items))]
    paths = [arguments.images / item["image"] for item in items]
    exported, compared = paths[: arguments.calibrate], paths[arguments.calibrate :]
    pixels = np.stack([model.reader(path) for path in compared])
    labels = np.array([item["label"] for item in items[arguments.calibrate :]])
    with tempfile.TemporaryDirectory() as folder:
        forms = all_forms(model, arguments, Path(folder), exported)
        answers = {name: in_batches(form, pixels) for name, form in forms.items()}
        exact = in_batches(answering(load_model(arguments.run, precision="fp32")), pixels)
        speeds = race({name: timed(form, pixels) for name, form in forms.items()}, rounds=arguments.rounds)
    rows = [
        {**row, **agreement(answers[row[""]], answers[OURS], exact, labels, model.task)}
        for row in speed_rows(speeds, OURS)
    ]
    facts = {
        "machine": describe_machine(), "run": arguments.run.name, "images": f"{len(pixels)} of {pixels.shape[1:]}",
        "onnxruntime": onnxruntime.__version__,
    }  # fmt: skip
    publish("Forms of inference", facts, rows, arguments.output)


def all_forms(model: TrainedModel, arguments: Any, folder: Path, exported: Sequence[Path]) -> dict[str, Form]:
    forms = {OURS: answering(model), PLAIN: answering(dataclasses.replace(model, infer=AutocastInferer("cpu")))}
    if arguments.compile:
        compiled = load_model(arguments.run)
        compiled.network.compile()
        forms["torch.compile"] = answering(compiled)
    command = ["export", str(arguments.run), *map(str, exported), "--output", str(folder), "--int8"]
    with contextlib.redirect_stdout(io.StringIO()):
        status = radiobundle(command)
    if status:
        raise SystemExit(status)
    for name in ("model.onnx", "model.int8.onnx"):
        forms[f"{name}, onnxruntime"] = answering(load_exported(folder / name))
        if importlib.util.find_spec("openvino"):
            forms[f"{name}, OpenVINO"] = by_openvino(folder / name)
    return forms


def answering(model: Model) -> Form:
    return lambda pixels: model.answer(pixels).probabilities


def by_openvino(path: Path) -> Form:
    import openvino  # noqa: PLC0415

    compiled = openvino.Core().compile_model(str(path), "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
    return lambda pixels: np.asarray(compiled({ONNX_INPUT: pixels.astype(np.float32) / 255})[0])


def in_batches(form: Form, pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([form(pixels[at : at + BATCH]) for at in range(0, len(pixels), BATCH)])


def timed(form: Form, pixels: np.ndarray) -> Callable[[], int]:
    return lambda: len(in_batches(form, pixels))


def agreement(found: np.ndarray, ours: np.ndarray, exact: np.ndarray, labels: np.ndarray, task: Task) -> dict[str, str]:
    """Return the largest change of a probability from eager float32, and the AUROC's change from ours."""

    def auroc(probabilities: np.ndarray, rows: np.ndarray | slice = slice(None)) -> float:
        return epoch_scores(labels[rows], probabilities[rows], task=task)["auroc"]

    rng = np.random.default_rng(0)
    samples = [rng.integers(len(labels), size=len(labels)) for _ in range(RESAMPLES)]
    change = auroc(found) - auroc(ours)
    resampled = np.array([auroc(found, rows) - auroc(ours, rows) for rows in samples])
    estimate = paired_difference(change, resampled)
    return {
        "largest change of a probability": f"{np.abs(found - exact).max():.4f}",
        "AUROC": f"{auroc(found):.4f}",
        "difference": f"{change:.4f} ({estimate['low']:.4f} to {estimate['high']:.4f})",
    }


if __name__ == "__main__":
    main()
