"""What TensorBoard needs to compare runs: settings with the best scores, and the map of validation images."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
import pandas as pd
import torch
from ignite.engine import Events
from monai.engines import Workflow
from torch.utils.tensorboard import SummaryWriter

from radiobundle.bundles.running import merged_config
from radiobundle.handlers.checkpoint import BEST
from radiobundle.handlers.parts import batch_of
from radiobundle.labels import hard_labels
from radiobundle.networks.features import FeatureTap
from radiobundle.networks.weights import load_weights
from radiobundle.spread import evenly_spread
from radiobundle.training.resume import PLACES, plain_settings

_BATCH = 64
_THUMBNAIL_PX = 32
logger = logging.getLogger("radiobundle")


class TrainingSummary:
    """Handler for the trainer: at its end, write hyperparameters with the best epoch's scores, and an embedding.

    The embedding is the input of the last layer of the best weights for validation images, for TensorBoard's projector.

    Args:
        network: built as the trained one; it is copied.
        validator: its loader gives the images and its inferer runs the network.
        data: descriptions of the validation images.
        labels: names of the classes.
        output_dir: has `history.csv`.
        ckpt_dir: has the best weights.
        log_dir: folder for TensorBoard.
        embedded_images: number of images in the embedding, evenly spaced in the list; 0: no embedding.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        validator: Workflow,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        output_dir: str | Path,
        ckpt_dir: str | Path,
        log_dir: str | Path,
        embedded_images: int = 500,
    ) -> None:
        self.network, self.validator, self.data, self.labels = network, validator, data, tuple(labels)
        self.output_dir, self.weights, self.log_dir = Path(output_dir), Path(ckpt_dir) / BEST, Path(log_dir)
        self.embedded_images = embedded_images

    def attach(self, engine: Workflow) -> None:
        """Register with the trainer, after what writes the history and the weights."""
        engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Write both (the first process does)."""
        if idist.get_rank() > 0 or not self.weights.is_file():
            return
        with SummaryWriter(str(self.log_dir)) as writer:
            if (config := merged_config()) is not None:
                writer.add_hparams(hyperparameters(config), best_scores(self.output_dir / "history.csv"), run_name=".")
            if self.embedded_images and self.data:
                self._write_embedding(writer, engine.state.epoch)

    def _write_embedding(self, writer: SummaryWriter, epoch: int) -> None:
        rows = evenly_spread(len(self.data), self.embedded_images).tolist()
        network = load_weights(copy.deepcopy(self.network), self.weights).eval()
        try:
            tap = FeatureTap(network)
        except ValueError as error:
            logger.info("TensorBoard gets no embedding: %s", error)
            return
        features, thumbnails = [], []
        evaluator: Any = self.validator
        for start in range(0, len(rows), _BATCH):
            batch = batch_of(evaluator.data_loader.dataset, rows[start : start + _BATCH])
            inputs = evaluator.prepare_batch(batch, evaluator.state.device, False)[0]
            with torch.inference_mode():
                evaluator.inferer(inputs, network)
            features.append(tap.take().cpu())
            small = torch.nn.functional.interpolate(batch["image"][:, :1].float() / 255, (_THUMBNAIL_PX,) * 2)
            thumbnails.append(small.expand(-1, 3, -1, -1))
        vectors = torch.cat(features)
        if not vectors.isfinite().all():
            logger.info("TensorBoard gets no embedding: the network's features are not finite")
            return
        items = [self.data[row] for row in rows]
        truth = hard_labels([item["label"] for item in items]).astype(str)
        names = [str(item["name"]) for item in items]
        writer.add_embedding(
            vectors,
            metadata=[[_one_line(name), *values] for name, values in zip(names, truth.tolist(), strict=True)],
            metadata_header=["image", *self.labels],
            label_img=torch.cat(thumbnails),
            global_step=epoch,
            tag="validation",
        )


def hyperparameters(config: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Return the settings of a run that are plain values, without places, and what the network is.

    >>> hyperparameters({"seed": 1, "labels": "$f()", "output_dir": "x", "network_def": {"_target_": "a.b"}})
    {'seed': 1, 'network_def': 'a.b'}
    """
    settings = plain_settings(config)
    found = {
        key: value
        for key, value in settings.items()
        if key not in PLACES and isinstance(value, bool | int | float | str) and not str(value).startswith(("$", "@"))
    }
    network = settings.get("network_def")
    return found | ({"network_def": network.get("_target_", "")} if isinstance(network, Mapping) else {})


def best_scores(history_csv: Path) -> dict[str, float]:
    """Return the validation scores of the best epoch, finite ones only; none without a history."""
    if not history_csv.is_file():
        return {}
    history = pd.read_csv(history_csv)
    best = history[history["kept"] == 1].filter(regex="^val_").tail(1).to_dict("records")
    return {f"best/{name}": float(value) for row in best for name, value in row.items() if np.isfinite(value)}


def _one_line(text: str) -> str:
    """Return a name that cannot break the projector's table, whose cells end at a tab and rows at a line's end."""
    return " ".join(text.split())
