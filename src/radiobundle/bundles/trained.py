"""A trained network in PyTorch, rebuilt from a run or a bundle with its pixels, normalisation and activation."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import monai
import numpy as np
import torch
from monai.bundle import ConfigParser
from torch import nn

from radiobundle.bundles.model import Answer, Model
from radiobundle.bundles.running import unwrap
from radiobundle.evaluation.calibration import read_calibration
from radiobundle.evaluation.out_of_distribution import FILE as OUT_OF_DISTRIBUTION
from radiobundle.evaluation.out_of_distribution import Gaussian, OutOfDistribution, read_out_of_distribution
from radiobundle.evaluation.thresholds import read_thresholds, sha256_of_file
from radiobundle.networks.features import FeatureTap
from radiobundle.networks.weights import load_weights
from radiobundle.training.acceleration import place_network
from radiobundle.training.batches import PrepareBatch
from radiobundle.training.precision import AutocastInferer

WEIGHTS = "models/model.pt"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainedModel(Model):
    """A model whose network is at hand.

    Attributes:
        network: with its weights, on its device, in evaluation mode; logits out.
        normalisation: of unit-range images.
        activation: turns `{"pred": logits}` into `{"pred": probabilities}`.
        gaussian: of the validation films' features, if shipped.
        tap: where these features come from; as `gaussian`.
        device: where the network is.
        precision: see `AutocastInferer`.
        steps: the reader's steps as the configuration states them.
    """

    network: nn.Module
    normalisation: tuple[Callable[[torch.Tensor], torch.Tensor], ...]
    activation: Callable[[dict[str, Any]], dict[str, Any]]
    gaussian: Gaussian | None
    tap: FeatureTap | None
    device: torch.device
    precision: str
    steps: list[Any]

    def answer(self, pixels: np.ndarray) -> Answer:
        """See `Model`."""
        logits = AutocastInferer(self.device, self.precision)(self.normalise(pixels), self.network)
        probabilities: torch.Tensor = self.activation({"pred": logits})["pred"]
        distances = None
        if self.gaussian is not None and self.tap is not None:
            distances = self.gaussian.distance(self.tap.take().cpu().numpy())
        return Answer(probabilities.double().cpu().numpy(), distances)

    def normalise(self, pixels: np.ndarray) -> torch.Tensor:
        """Return the network's input for uint8 pixels (batch, channels, height, width)."""
        return PrepareBatch(self.normalisation)({"image": torch.from_numpy(pixels)}, self.device)[0]


def load_model(folder: str | Path, *, device: torch.device | str = "cpu", precision: str = "auto") -> TrainedModel:
    """Rebuild a trained network from the output folder of a run, or from a bundle that ships its weights.

    The folder's configuration (`run.json` or `configs/inference.json`) runs code: use those of people you trust.

    Raises:
        ValueError: the folder is neither, or its weights, thresholds or calibration are damaged.
    """
    folder = Path(folder)
    parser = _parser(folder)
    parser["checkpoint"] = str(folder / WEIGHTS)  # the folder may have moved since
    ids = ("imports", "network_def", "labels", "task", "reader", "normalisation", "postprocessing")
    try:
        found = {key: parser.get_parsed_content(key) for key in ids}
    except Exception as error:  # whatever the configuration's own code raises
        cause = unwrap(error)
        raise ValueError(
            f"{folder}: its configuration cannot be used ({type(cause).__name__}: {cause}){_other_monai(parser)}"
        ) from error
    if other := _other_monai(parser):
        logger.warning("%s: see whether its numbers are the same here%s", folder, other)
    metadata = parser.get("_meta_", {})
    shipped = _read_shipped(folder / "models")
    network = place_network(load_weights(found["network_def"], folder / WEIGHTS), device).eval()
    unlikeness: OutOfDistribution | None = shipped.pop("out_of_distribution")
    return TrainedModel(
        name=str(metadata.get("name", folder.name)),
        version=str(metadata.get("version", "unknown")),
        sha256=sha256_of_file(folder / WEIGHTS),
        labels=tuple(found["labels"]),
        dicom_codes=metadata.get("dicom_codes", {}),
        task=found["task"],
        reader=found["reader"],
        network=network,
        normalisation=tuple(found["normalisation"]),
        activation=found["postprocessing"],
        gaussian=None if unlikeness is None else unlikeness.gaussian,
        reference=None if unlikeness is None else unlikeness.reference,
        tap=None if unlikeness is None else FeatureTap(network),
        device=torch.device(device),
        precision=precision,
        steps=parser.get("preprocessing_steps", []),
        **shipped,
    )


def _read_shipped(folder: Path) -> dict[str, Any]:
    """Return what lies beside the weights: thresholds, calibration, out_of_distribution; None where it does not."""
    readers: dict[str, Callable[[Path], Any]] = {
        "thresholds.json": read_thresholds,
        "calibration.json": read_calibration,
        OUT_OF_DISTRIBUTION: read_out_of_distribution,
    }
    paths = {Path(name).stem: (folder / name, read) for name, read in readers.items()}
    return {key: read(path) if path.is_file() else None for key, (path, read) in paths.items()}


def _other_monai(parser: ConfigParser) -> str:
    """Return what to say of a bundle that was made for another minor version of MONAI; empty for the same."""
    made_for = str(parser.get("_meta_", {}).get("monai_version", ""))
    if not made_for or made_for.split(".")[:2] == monai.__version__.split(".")[:2]:
        return ""
    return f"; it was made for MONAI {made_for}, this is {monai.__version__}"


def _parser(folder: Path) -> ConfigParser:
    if (folder / "run.json").is_file():
        return ConfigParser(json.loads((folder / "run.json").read_text("utf-8"))["config"])
    if (folder / "configs" / "inference.json").is_file():
        parser = ConfigParser()
        parser.read_config(str(folder / "configs" / "inference.json"))
        parser.read_meta(str(folder / "configs" / "metadata.json"))
        return parser
    raise ValueError(f"{folder}: no run.json, no configs/inference.json; give a training's output folder or a bundle")
