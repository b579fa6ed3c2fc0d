"""The `radiobundle export` command: TorchScript and ONNX, kept only if they agree with PyTorch on real images."""

from __future__ import annotations

import io
import itertools
import json
import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from radiobundle.evaluation.fitting.out_of_distribution import Gaussian
from radiobundle.extras import how_to_install
from radiobundle.files import replacing, require_writable_folder, write_json
from radiobundle.images.search import find_images
from radiobundle.models.exported import describe
from radiobundle.models.onnx_file import DESCRIPTION, ONNX_INPUT, import_onnxruntime, seal_onnx
from radiobundle.models.trained import TrainedModel, load_model
from radiobundle.packaging.quantise import quantise
from radiobundle.spread import evenly_spread

COMPARED_IMAGES = 64  # number of images on which the formats are compared
TOLERANCE = 1e-4  # absolute for probabilities, relative for distances, in float32
INT8_TOLERANCE = 0.1  # the same, in int8
CALIBRATED_ON = 128  # more images at most, from which the scales of int8 are taken
LEAST_CALIBRATED_ON = 16
ONNX_FILE, INT8_FILE, FACTS_FILE = "model.onnx", "model.int8.onnx", "export.json"
Outputs = tuple[np.ndarray, ...]


class Deployed(nn.Module):
    """Normalisation, network and activation of a trained model: from images in 0..1 to probabilities.

    A model that ships an out-of-distribution score has a second output, the distance from the validation images.

    Shape:
        (batch, channels, height, width) float32 in 0..1 to (batch, labels) float32, and (batch,) float32.
    """

    def __init__(self, model: TrainedModel) -> None:
        super().__init__()
        self.network, self.normalisation, self.activation = model.network, model.normalisation, model.activation
        self.tap = model.tap
        for name, value in vars(model.gaussian).items() if model.gaussian is not None else ():
            self.register_buffer(name, value)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return probabilities, and distances if there are any."""
        for transform in self.normalisation:
            images = transform(images)
        probabilities: torch.Tensor = self.activation({"pred": self.network(images)})["pred"]
        if self.tap is None:
            return (probabilities.float(),)
        gaussian = Gaussian(self.mean, self.directions, self.deviations, self.noise)
        return probabilities.float(), gaussian.distance(self.tap.take())


def export_command(model: str, images: Sequence[str], *, output: str, int8: bool = False) -> int:
    """Write `model.ts`, `model.onnx` and `export.json`; each file appears only when it agrees with PyTorch.

    The files contain their description, so that `radiobundle predict` needs nothing else.

    Args:
        model: a trained run or a bundle.
        images: on 64 of them results are compared.
        output: folder of the files.
        int8: also write `model.int8.onnx`, whose scales are taken from up to 128 others of the images.

    Raises:
        ValueError: there are no images, too few for int8, or a format's results differ by more than 0.0001 (int8: 0.1).
    """
    require_writable_folder(output)
    trained = load_model(model, precision="fp32")
    weights_bytes = sum(value.nbytes for value in trained.network.state_dict().values())
    require_writable_folder(output, needed_bytes=2 * weights_bytes)
    found = (path for _, path in find_images(images))
    paths = list(found if int8 else itertools.islice(found, COMPARED_IMAGES))
    compared_rows = evenly_spread(len(paths), COMPARED_IMAGES)
    others = np.delete(np.arange(len(paths)), compared_rows)
    if int8 and len(others) < LEAST_CALIBRATED_ON:
        raise ValueError(
            f"`int8` takes its scales from other images than the {COMPARED_IMAGES} on which results are compared, and "
            f"got {len(others)}; give at least {COMPARED_IMAGES + LEAST_CALIBRATED_ON} images, such as validation's"
        )
    compared = _read(trained, paths, compared_rows)
    scaled_by = _read(trained, paths, others[evenly_spread(len(others), CALIBRATED_ON)]) if int8 else None
    deployed = Deployed(trained).eval()
    description = describe(trained)
    with torch.inference_mode():
        expected = _in_batches(lambda batch: _to_numpy(deployed(batch)), compared, [1] * len(compared))
    folder, text, differences = Path(output), json.dumps(description), {}
    for former in (INT8_FILE, FACTS_FILE):  # of another model, perhaps
        (folder / former).unlink(missing_ok=True)

    def write(name: str, write_format: Callable[[Path], Outputs], tolerance: float, **facts: Any) -> None:
        with replacing(folder / name) as temporary:
            differences[name] = found = _largest_difference(write_format(temporary), expected)
            if not max(found.values()) <= tolerance:
                raise ValueError(f"{name}: differs from PyTorch by up to {found}, more than {tolerance:g}; not kept")
        facts = {"images": len(compared), "largest_difference": differences, **facts}
        write_json(folder / FACTS_FILE, {**description, **facts})
        shown = ", ".join(f"{key} {value:.2g}" for key, value in found.items())
        print(f"{name}: largest difference from PyTorch on {len(compared)} images: {shown}")

    write("model.ts", lambda path: _write_torchscript(deployed, compared, text, path), TOLERANCE)
    write(ONNX_FILE, lambda path: _write_onnx(deployed, compared, text, path), TOLERANCE)
    if scaled_by is not None:
        quantised = seal_onnx(quantise(folder / ONNX_FILE, scaled_by.numpy()), text)
        write(
            INT8_FILE, lambda path: _write_sealed(quantised, compared, path), INT8_TOLERANCE,
            calibrated_on=len(scaled_by),
        )  # fmt: skip
        size = (folder / INT8_FILE).stat().st_size / (folder / ONNX_FILE).stat().st_size
        print(f"{INT8_FILE}: {100 * size:.0f} % of the size of {ONNX_FILE}; only convolutions' weights are in int8")
    return 0


def _read(model: TrainedModel, paths: Sequence[Path], rows: Sequence[int] | np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack([model.reader(paths[row]) for row in rows])).float() / 255


def _largest_difference(found: Outputs, expected: Outputs) -> dict[str, float]:
    """Return the largest difference for each output; for distances relative to the distance."""
    differences = {"probability": float(np.abs(found[0] - expected[0]).max())}
    if len(expected) > 1:
        differences["distance"] = float((np.abs(found[1] - expected[1]) / expected[1]).max())
    return differences


def _write_torchscript(deployed: nn.Module, images: torch.Tensor, description: str, path: Path) -> Outputs:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # warnings of tracing; the results are compared below
        traced: Any = torch.jit.trace(deployed, _two(images), check_trace=False)
        archive = io.BytesIO()  # a file would write its own, temporary, name into the archive
        torch.jit.save(traced, archive, _extra_files={DESCRIPTION: description})
        path.write_bytes(archive.getvalue())
        loaded: Any = torch.jit.load(str(path))
        return _in_other_batches(lambda batch: _to_numpy(loaded(batch)), images)


def _write_onnx(deployed: nn.Module, images: torch.Tensor, description: str, path: Path) -> Outputs:
    import_onnxruntime()
    try:
        import onnx  # noqa: F401, PLC0415
        import onnxscript  # noqa: F401, PLC0415
    except ImportError as error:
        raise ValueError(f"ONNX needs {how_to_install('export')}: {error}") from error
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            (_two(images),),
            str(path),
            dynamo=True,
            verbose=False,
            external_data=False,
            input_names=[ONNX_INPUT],
            output_names=["probabilities", "distances"][: len(deployed(images[:1]))],
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=65_536)}},
        )
    return _write_sealed(seal_onnx(path.read_bytes(), description), images, path)


def _write_sealed(sealed: bytes, images: torch.Tensor, path: Path) -> Outputs:
    path.write_bytes(sealed)
    session: Any = import_onnxruntime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return _in_other_batches(lambda batch: tuple(session.run(None, {ONNX_INPUT: batch.numpy()})), images)


def _in_other_batches(run: Callable[[torch.Tensor], Outputs], images: torch.Tensor) -> Outputs:
    """Run a batch of one image and one of all others; neither has the batch size of the export."""
    return _in_batches(run, images, [1, len(images) - 1])


def _in_batches(run: Callable[[torch.Tensor], Outputs], images: torch.Tensor, sizes: Sequence[int]) -> Outputs:
    answers = [run(batch) for batch in images.split(list(sizes)) if len(batch)]
    return tuple(np.concatenate(parts) for parts in zip(*answers, strict=True))


def _to_numpy(outputs: tuple[torch.Tensor, ...]) -> Outputs:
    return tuple(output.numpy() for output in outputs)


def _two(images: torch.Tensor) -> torch.Tensor:
    """Return a batch of two, even for one image: a tracer treats a batch size of one as constant."""
    return images[[0, min(1, len(images) - 1)]]
