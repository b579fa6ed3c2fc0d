"""A trained network in PyTorch, rebuilt from a run or a bundle with its pixels, normalisation and activation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import monai
import numpy as np
import torch
from monai.bundle import ConfigParser
from torch import nn

from radiobundle.bundles import config_ids as ids
from radiobundle.bundles.integrity import METADATA, require_checksums
from radiobundle.bundles.own_code import CODE, import_from
from radiobundle.bundles.running import unwrap
from radiobundle.evaluation.fitting.out_of_distribution import Gaussian, OutOfDistribution
from radiobundle.files import read_json
from radiobundle.labels import order_channels
from radiobundle.models.companions import COMPANIONS, OUT_OF_DISTRIBUTION, read_companions
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.models.model import Answer, Model
from radiobundle.models.replicas import replicate, require_own_state
from radiobundle.networks.content_hash import content_sha256
from radiobundle.networks.features import FeatureTap
from radiobundle.networks.weights import load_weights
from radiobundle.training.acceleration import place_network
from radiobundle.training.batches import PrepareBatch
from radiobundle.training.precision import AutocastInferer

logger = logging.getLogger(__name__)
_PARTS: dict[str, Callable[[Any], bool]] = {
    ids.NETWORK: lambda value: isinstance(value, nn.Module),
    ids.LABELS: lambda value: (
        isinstance(value, (list, tuple)) and bool(value) and all(isinstance(v, str) for v in value)
    ),
    ids.TASK: lambda value: value in ("multiclass", "multilabel"),
    ids.READER: lambda value: hasattr(value, "decode_with_remarks") and hasattr(value, "image_size_px"),
    ids.NORMALISATION: lambda value: isinstance(value, (list, tuple)) and all(callable(v) for v in value),
    ids.POSTPROCESSING: callable,
}


@dataclass(frozen=True)
class TrainedModel(Model):
    """A model whose network runs here, in PyTorch.

    Attributes:
        network: with its weights, on its device, in evaluation mode; logits out.
        normalisation: of unit-range images.
        activation: turns `{"pred": logits}` into `{"pred": probabilities}`.
        gaussian: Gaussian of the validation images' features, if shipped; in tensors, since NumPy's threads would wait
            busily on the cores that PyTorch's need.
        tap: source of these features, if shipped.
        device: where the network is.
        infer: runs the network.
        steps: the reader's steps as the configuration states them.
    """

    network: nn.Module
    normalisation: tuple[Callable[[torch.Tensor], torch.Tensor], ...]
    activation: Callable[[dict[str, Any]], dict[str, Any]]
    gaussian: Gaussian | None
    tap: FeatureTap | None
    device: torch.device
    infer: AutocastInferer
    steps: list[dict[str, Any]]

    def answer(self, pixels: np.ndarray) -> Answer:
        """See `Model`."""
        logits = self.infer(self.normalise(pixels), self.network)
        probabilities: torch.Tensor = self.activation({"pred": logits})["pred"]
        distances = None
        if self.gaussian is not None and self.tap is not None:
            distances = self.gaussian.distance(self.tap.take().cpu()).numpy()
        return self.checked(Answer(probabilities.double().cpu().numpy(), distances))

    def replicas(self, count: int) -> Sequence[Model]:
        """See `Model`; on a CPU only."""
        if self.device.type != "cpu":
            return ()
        try:
            for step in (*self.normalisation, self.activation):
                require_own_state(step)
            copies = replicate(self.network, self.tap, count)
        except ValueError as error:
            logger.info("%s: its network answers one batch at a time: %s", self.name, error)
            return ()
        return [replace(self, network=network, tap=tap) for network, tap in copies]

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Return the network's features of images before its last layer: (batch, features) float32.

        Args:
            pixels: uint8 (batch, channels, height, width), as from `reader`.

        Raises:
            ValueError: the network has no fully connected layer.
        """
        return self.answer_and_features(pixels)[1]

    def answer_and_features(self, pixels: np.ndarray) -> tuple[Answer, np.ndarray]:
        """Return `answer` and `features` of the same images, from one forward pass."""
        tap = FeatureTap(self.network)
        try:
            answer = self.answer(pixels)
            return answer, tap.take().cpu().numpy()
        finally:
            tap.remove()

    @property
    def feature_count(self) -> int:
        """Number of the network's features.

        Raises:
            ValueError: the network has no fully connected layer.
        """
        tap = FeatureTap(self.network)
        tap.remove()
        return tap.feature_count

    def normalise(self, pixels: np.ndarray) -> torch.Tensor:
        """Return the network's input for uint8 pixels (batch, channels, height, width)."""
        return PrepareBatch(self.normalisation)({"image": torch.from_numpy(pixels)}, self.device)[0]


def load_model(folder: str | Path, *, device: torch.device | str = "cpu", precision: str = "auto") -> TrainedModel:
    """Rebuild a trained network from the output folder of a run, or from a bundle that ships its weights.

    The folder's configuration (`run.json` or `configs/inference.json`) runs code: use only those from people you trust.

    Raises:
        ValueError: the folder is neither, or its weights, thresholds or calibration are damaged.
    """
    folder = Path(folder)
    parser = _parser(folder)
    import_from(folder / CODE if (folder / CODE).is_dir() else folder)
    _require_weights(folder, parser)
    vouched = require_checksums(folder, WEIGHTS, *(f"models/{name}" for name in (*COMPANIONS, "pixels.npz")))
    parser[ids.CHECKPOINT] = str(folder / WEIGHTS)  # the folder may have moved since
    found = _instantiate(parser, folder)
    metadata = parser.get("_meta_", {})
    network = load_weights(found[ids.NETWORK], folder / WEIGHTS, vouched=WEIGHTS in vouched)
    weights_sha256 = content_sha256(network.state_dict())
    labels, task = tuple(found[ids.LABELS]), found[ids.TASK]
    shipped = read_companions(folder / "models", weights_sha256=weights_sha256, labels=labels, task=task)
    network = place_network(network, device).eval()
    unlikeness = shipped.out_of_distribution
    return TrainedModel(
        name=str(metadata.get("name", folder.name)),
        version=str(metadata.get("version", "unknown")),
        sha256=weights_sha256,
        labels=labels,
        dicom_codes=metadata.get("dicom_codes", {}),
        task=task,
        reader=found[ids.READER],
        network=network,
        normalisation=tuple(found[ids.NORMALISATION]),
        activation=found[ids.POSTPROCESSING],
        thresholds=shipped.thresholds,
        calibration=shipped.calibration,
        gaussian=None if unlikeness is None else _in_torch(unlikeness.gaussian),
        reference=None if unlikeness is None else unlikeness.reference,
        tap=None if unlikeness is None else _tap(network, unlikeness, folder),
        device=torch.device(device),
        infer=AutocastInferer(device, precision, fold_batch_norm=found.get(ids.FOLD) is True),
        steps=_stated_steps(parser),
    )


def _in_torch(gaussian: Gaussian) -> Gaussian:
    """Return a Gaussian with tensors instead of arrays."""
    return Gaussian(**{name: torch.from_numpy(value) for name, value in vars(gaussian).items()})


def _require_weights(folder: Path, parser: ConfigParser) -> None:
    """Say where the weights are if a training kept them outside its output folder."""
    stated = str(parser.get("ckpt_dir", "$"))
    if not (folder / WEIGHTS).is_file() and not stated.startswith(("$", "@")):
        raise ValueError(
            f"{folder / WEIGHTS}: not found; the run kept its weights in {stated}; copy those files to models"
        )


def _instantiate(parser: ConfigParser, folder: Path) -> dict[str, Any]:
    """Return the parts of a configuration that make up a model."""
    try:
        wanted = ("imports", *_PARTS, *((ids.FOLD,) if ids.FOLD in parser else ()))
        found = {key: parser.get_parsed_content(key) for key in wanted}
    except Exception as error:  # whatever the configuration's own code raises
        cause = unwrap(error)
        raise ValueError(
            f"{folder}: its configuration cannot be used ({type(cause).__name__}: {cause}){_other_monai(parser)}"
        ) from error
    for key, fits in _PARTS.items():
        if not fits(found[key]):
            raise ValueError(
                f"{folder}: its configuration's '{key}' is a {type(found[key]).__name__}, which cannot be used"
            )
    if other := _other_monai(parser):
        logger.warning("%s: check whether its results are the same here%s", folder, other)
    return found


def _tap(network: nn.Module, unlikeness: OutOfDistribution, folder: Path) -> FeatureTap:
    tap = FeatureTap(network)
    if tap.feature_count != len(unlikeness.gaussian.mean):
        raise ValueError(
            f"{folder / 'models' / OUT_OF_DISTRIBUTION}: describes {len(unlikeness.gaussian.mean)} features, the "
            f"network has {tap.feature_count}; evaluate again"
        )
    return tap


def _stated_steps(parser: ConfigParser) -> list[dict[str, Any]]:
    """Return the reader's steps as the configuration states them, references resolved."""
    steps = parser.get(ids.STEPS, [])
    return [
        {key: step[key] if key == "_target_" else parser.get_parsed_content(f"{ids.STEPS}#{index}#{key}")
         for key in step}
        for index, step in enumerate(steps)
    ]  # fmt: skip


def _other_monai(parser: ConfigParser) -> str:
    """Return a remark on a bundle made for another minor version of MONAI; empty for the same."""
    made_for = str(parser.get("_meta_", {}).get("monai_version", ""))
    if not made_for or made_for.split(".")[:2] == monai.__version__.split(".")[:2]:
        return ""
    return f"; it was made for MONAI {made_for}, this is {monai.__version__}"


def _parser(folder: Path) -> ConfigParser:
    run, bundle = folder / "run.json", folder / "configs" / "inference.json"
    if run.is_file():
        content = read_json(run, fix="train again")
        config = content.get("config") if isinstance(content, dict) else None
        if not isinstance(config, dict):
            raise ValueError(f"{run}: is not the manifest of a run, because it has no 'config'; train again")
    elif bundle.is_file():
        config = {**_section(bundle), "_meta_": _section(folder / METADATA)}
    elif (folder / "evaluation.json").is_file():
        raise ValueError(
            f"{folder}: holds an evaluation without a network, as of an ensemble; give the output folder of a member"
        )
    else:
        raise ValueError(
            f"{folder}: has no run.json and no configs/inference.json; give a training's output folder or a bundle"
        )
    try:
        metadata = config.get("_meta_", {})
        if not isinstance(metadata, dict):
            raise ValueError("its metadata is not a JSON object")
        return ConfigParser({**config, "_meta_": order_channels(metadata)})
    except ValueError as error:
        raise ValueError(f"{folder}: {error}; correct its metadata") from error


def _section(path: Path) -> dict[str, Any]:
    content = read_json(path, fix="fetch the bundle again")
    if not isinstance(content, dict):
        raise ValueError(f"{path}: is not a JSON object; fetch the bundle again")
    return content
