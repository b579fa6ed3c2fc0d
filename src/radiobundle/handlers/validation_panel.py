"""TensorBoard's view of each validation: the most confident errors, and the curves of each label."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
from ignite.engine import Events
from monai.engines import Workflow
from torch.utils.tensorboard import SummaryWriter

from radiobundle.evaluation.mistakes import Answer, find_mistakes
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.explain.captions import shown_probability
from radiobundle.explain.tile_sheet import tile_sheet
from radiobundle.handlers.collected import CollectedOutputs, predictions_of
from radiobundle.handlers.parts import batch_of
from radiobundle.labels import IGNORED, Task
from radiobundle.reporting.roc_figure import plot_roc

logger = logging.getLogger("radiobundle")


class ValidationPanel:
    """Handler for the validator: write images, precision-recall and ROC curves for TensorBoard after each validation.

    Decisions are those at 0.5, or of the most probable class: thresholds are fitted after training.

    Args:
        dataset: of the validation images; its items have uint8 `image` (channels, height, width).
        data: its items' descriptions, in the same order.
        labels: names of the classes.
        task: "multiclass" or "multilabel".
        log_dir: folder for TensorBoard.
        errors: number of images to show.
    """

    def __init__(
        self,
        *,
        dataset: Any,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        task: Task,
        log_dir: str | Path,
        errors: int = 12,
    ) -> None:
        self.dataset, self.data, self.labels, self.task = dataset, data, tuple(labels), task
        self.log_dir, self.errors = Path(log_dir), errors
        self._writer: SummaryWriter | None = None

    def attach(self, engine: Workflow) -> None:
        """Register with the validator."""
        self._collected = CollectedOutputs()
        self._collected.attach(engine)
        engine.add_event_handler(Events.COMPLETED, self.write)

    def write(self, engine: Workflow) -> None:
        """Write what was seen by all processes (the first process does)."""
        indices, probabilities = self._collected.gather(engine.state.device)
        if idist.get_rank() > 0:
            return
        writer, step = self._open(), engine.state.epoch
        if np.isfinite(probabilities).all():
            try:
                self._write_panel(writer, indices, probabilities, step)
            except ValueError as error:  # a look at a training must not stop it
                logger.warning("TensorBoard has no panel of this validation: %s", error)
        else:
            writer.add_text("most confident errors", "no probabilities: the training has diverged", step)
        writer.flush()

    def _write_panel(self, writer: SummaryWriter, indices: np.ndarray, probabilities: np.ndarray, step: int) -> None:
        items = [self.data[index] for index in indices]
        predictions = predictions_of(items, probabilities, labels=self.labels, task=self.task)
        self._write_errors(writer, predictions, indices, step)
        self._write_curves(writer, predictions.truth, probabilities, step)

    def _open(self) -> SummaryWriter:
        if self._writer is None:
            self._writer = SummaryWriter(str(self.log_dir))
        return self._writer

    def _write_errors(self, writer: SummaryWriter, predictions: Predictions, indices: np.ndarray, step: int) -> None:
        answers = find_mistakes(predictions, count=self.errors)
        wrong = [answer for answer in answers if answer.kind == "confident error"]
        chosen = sorted(wrong, key=lambda answer: -answer.confidence)[: self.errors]
        if not chosen:
            writer.add_text("most confident errors", f"none in {len(predictions)} validation images", step)
            return
        batch = batch_of(self.dataset, [int(indices[answer.row]) for answer in chosen])
        tiles = list(batch["image"][:, 0].numpy())
        captions = [self._caption(answer, str(predictions.images[answer.row])) for answer in chosen]
        writer.add_image("most confident errors", tile_sheet(tiles, captions), step, dataformats="HW")

    def _caption(self, answer: Answer, name: str) -> tuple[str, str, str]:
        name, probability = name.rpartition("/")[2], shown_probability(answer.probability)
        if self.task == "multiclass":
            return name, f"is {answer.truth}", f"{answer.predicted} ({probability})"
        return name, f"{self.labels[answer.label]}: {answer.truth}", f"predicted {probability}"

    def _write_curves(self, writer: SummaryWriter, truth: np.ndarray, probabilities: np.ndarray, step: int) -> None:
        for index, label in enumerate(self.labels):
            known = truth[:, index] != IGNORED
            if known.any():
                writer.add_pr_curve(f"precision-recall/{label}", truth[known, index], probabilities[known, index], step)
        if (figure := plot_roc(self.labels, truth, probabilities)) is not None:
            writer.add_figure("ROC", figure, step)
