"""A trained network with all it takes to use it: its pixels, normalisation, activation, thresholds, calibration."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from torch import nn

from radiobundle.bundles.running import unwrap
from radiobundle.evaluation.calibration import Calibration, read_calibration
from radiobundle.evaluation.predictions import Task
from radiobundle.evaluation.thresholds import Thresholds, read_thresholds
from radiobundle.images.reader import RadiographReader
from radiobundle.networks.weights import load_weights
from radiobundle.training.acceleration import place_network
from radiobundle.training.batches import PrepareBatch
from radiobundle.training.precision import AutocastInferer

WEIGHTS = "models/model.pt"


@dataclass(frozen=True)
class TrainedModel:
    """What `load_model` found.

    Attributes:
        labels: in the order of the outputs.
        task: multiclass or multilabel.
        reader: from file to pixels, uint8 (channels, height, width).
        network: with its weights, on its device, in evaluation mode; logits out.
        normalisation: of unit-range images.
        activation: turns `{"pred": logits}` into `{"pred": probabilities}`.
        thresholds: shipped beside the weights, if any.
        calibration: shipped beside the weights, if any.
        device: where the network is.
        precision: see `AutocastInferer`.
    """

    labels: tuple[str, ...]
    task: Task
    reader: RadiographReader
    network: nn.Module
    normalisation: tuple[Callable[[torch.Tensor], torch.Tensor], ...]
    activation: Callable[[dict[str, Any]], dict[str, Any]]
    thresholds: Thresholds | None
    calibration: Calibration | None
    device: torch.device
    precision: str

    def normalise(self, pixels: np.ndarray) -> torch.Tensor:
        """Return the network's input for uint8 pixels (batch, channels, height, width)."""
        return PrepareBatch(self.normalisation)({"image": torch.from_numpy(pixels)}, self.device)[0]

    def predict(self, images: torch.Tensor) -> np.ndarray:
        """Return probabilities (batch, labels) float64 of normalised images."""
        logits = AutocastInferer(self.device, self.precision)(images, self.network)
        probabilities: torch.Tensor = self.activation({"pred": logits})["pred"]
        return probabilities.double().cpu().numpy()


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
        raise ValueError(f"{folder}: its configuration cannot be used ({type(cause).__name__}: {cause})") from error
    thresholds, calibration = (folder / "models" / f"{name}.json" for name in ("thresholds", "calibration"))
    return TrainedModel(
        labels=tuple(found["labels"]),
        task=found["task"],
        reader=found["reader"],
        network=place_network(load_weights(found["network_def"], folder / WEIGHTS), device).eval(),
        normalisation=tuple(found["normalisation"]),
        activation=found["postprocessing"],
        thresholds=read_thresholds(thresholds) if thresholds.is_file() else None,
        calibration=read_calibration(calibration) if calibration.is_file() else None,
        device=torch.device(device),
        precision=precision,
    )


def _parser(folder: Path) -> ConfigParser:
    if (folder / "run.json").is_file():
        return ConfigParser(json.loads((folder / "run.json").read_text("utf-8"))["config"])
    if (folder / "configs" / "inference.json").is_file():
        parser = ConfigParser()
        parser.read_config(str(folder / "configs" / "inference.json"))
        parser.read_meta(str(folder / "configs" / "metadata.json"))
        return parser
    raise ValueError(f"{folder}: no run.json, no configs/inference.json; give a training's output folder or a bundle")
