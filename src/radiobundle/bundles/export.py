"""The `radiobundle export` command: TorchScript and ONNX that give the same numbers on real films, or none at all."""

from __future__ import annotations

import io
import itertools
import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from radiobundle.bundles.trained import TrainedModel, load_model
from radiobundle.files import replacing, write_json
from radiobundle.serving.inputs import find_films

FILMS = 64  # on which the formats are compared
TOLERANCE = 1e-4  # of a probability, in float32


class Deployed(nn.Module):
    """Unit-range films in, probabilities out: normalisation, network and activation of a trained model.

    Shape:
        (batch, channels, height, width) float32 in 0..1 to (batch, labels) float32.
    """

    def __init__(self, model: TrainedModel) -> None:
        super().__init__()
        self.network, self.normalisation, self.activation = model.network, model.normalisation, model.activation

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return probabilities."""
        for transform in self.normalisation:
            images = transform(images)
        probabilities: torch.Tensor = self.activation({"pred": self.network(images)})["pred"]
        return probabilities.float()


def export_command(model: str, films: Sequence[str], *, output: str) -> int:
    """Write `model.ts`, `model.onnx` and `export.json`; each file appears only when it agrees with PyTorch.

    Raises:
        ValueError: no films, or a format whose probabilities differ by more than 0.0001.
    """
    trained = load_model(model, precision="fp32")
    images = _read(trained, films)
    deployed = Deployed(trained).eval()
    with torch.inference_mode():
        expected = torch.cat([deployed(image[None]) for image in images]).numpy()
    folder = Path(output)
    differences = {}
    for name, write in (("model.ts", _write_torchscript), ("model.onnx", _write_onnx)):
        with replacing(folder / name) as temporary:
            found = write(deployed, images, temporary)
            differences[name] = float(np.abs(found - expected).max())
            if not differences[name] <= TOLERANCE:
                raise ValueError(
                    f"{name}: probabilities differ from PyTorch's by up to {differences[name]:.2g}; not kept"
                )
        print(f"{folder / name}: largest difference from PyTorch on {len(images)} films {differences[name]:.2g}")
    size = trained.reader.image_size_px
    facts = {"input": f"image: batch x {images.shape[1]} x {size[0]} x {size[1]} float32, 0 to 1, bright bones"}
    facts["output"] = f"probabilities: batch x {len(trained.labels)} float32"
    write_json(
        folder / "export.json",
        {"labels": list(trained.labels), **facts, "films": len(images), "largest_difference": differences},
    )
    return 0


def _read(model: TrainedModel, films: Sequence[str]) -> torch.Tensor:
    pixels = [model.reader(path) for _, path in itertools.islice(find_films(films), FILMS)]
    return torch.from_numpy(np.stack(pixels)).float() / 255


def _write_torchscript(deployed: nn.Module, images: torch.Tensor, path: Path) -> np.ndarray:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of tracing; what it could get wrong is compared below
        traced: Any = torch.jit.trace(deployed, images[:2], check_trace=False)
        archive = io.BytesIO()  # a file would write its own, temporary, name into the archive
        torch.jit.save(traced, archive)
        path.write_bytes(archive.getvalue())
        loaded: Any = torch.jit.load(str(path))
        return _in_other_batches(lambda batch: loaded(batch).numpy(), images)


def _write_onnx(deployed: nn.Module, images: torch.Tensor, path: Path) -> np.ndarray:
    try:
        import onnxruntime  # noqa: PLC0415
        import onnxscript  # noqa: F401, PLC0415
    except ImportError as error:
        raise ValueError(f"ONNX needs `pip install 'radiobundle[export]'` ({error})") from error
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            (images[:2],),
            str(path),
            dynamo=True,
            verbose=False,
            external_data=False,
            input_names=["image"],
            output_names=["probabilities"],
            dynamic_shapes={"images": {0: torch.export.Dim("batch", min=1, max=65_536)}},
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return _in_other_batches(lambda batch: session.run(None, {"image": batch.numpy()})[0], images)


def _in_other_batches(run: Callable[[torch.Tensor], np.ndarray], images: torch.Tensor) -> np.ndarray:
    """Run batches of one film and of all others, neither of which is the size that was exported."""
    batches = [batch for batch in (images[:1], images[1:]) if len(batch)]
    return np.concatenate([run(batch) for batch in batches])
