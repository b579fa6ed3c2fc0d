"""Metrics of an epoch, computed by the same functions as the final report."""

from __future__ import annotations

from collections.abc import Callable

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from ignite.exceptions import NotComputableError
from ignite.metrics import Metric
from monai.engines import IterationEvents, Workflow
from monai.utils import evenly_divisible_all_gather
from monai.utils.enums import CommonKeys as Keys

from radiobundle.evaluation.metrics.scorer import epoch_scores
from radiobundle.labels import Task, hard_labels


class EpochScores(Metric):
    """Collect an epoch's probabilities and labels and put every score of `epoch_scores` into `state.metrics`.

    Given to an engine as `key_metric={"auroc": EpochScores(...)}`, the score of that name selects the best model.
    Nothing is computed or copied off the device before the epoch ends; every process sees the data of all processes.

    Args:
        task: "multiclass" or "multilabel".
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        super().__init__(output_transform=lambda output: (output[Keys.PRED], output[Keys.LABEL]))

    def reset(self) -> None:
        """Discard the last epoch's data."""
        self._probabilities: list[torch.Tensor] = []
        self._labels: list[torch.Tensor] = []

    def update(self, output: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Keep a batch's probabilities (batch, labels) and labels (batch, labels)."""
        self._probabilities.append(output[0].detach())
        self._labels.append(output[1].detach())

    def compute(self) -> dict[str, float]:
        """Return all scores of the epoch."""
        if not self._labels:
            raise NotComputableError("no batch was seen, so there is nothing to score")
        probabilities = evenly_divisible_all_gather(torch.cat(self._probabilities), concat=True)
        labels = evenly_divisible_all_gather(torch.cat(self._labels), concat=True)
        return epoch_scores(hard_labels(labels.cpu().numpy()), probabilities.double().cpu().numpy(), task=self.task)

    def completed(self, engine: Engine, name: str) -> None:
        """Publish every score under its own name; `name` must be one of them."""
        scores = self.compute()
        if name not in scores:
            raise ValueError(f"the key metric is named '{name}', which is not one of {', '.join(scores)}")
        engine.state.metrics.update(scores)


class EpochLoss:
    """Handler: put the mean loss of an epoch's images into `state.metrics["loss"]`.

    Args:
        loss_function: needed by an evaluator, which does not compute a loss itself; leave it out for a trainer.
    """

    def __init__(self, loss_function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None) -> None:
        self.loss_function = loss_function

    def attach(self, engine: Workflow) -> None:
        """Register with a trainer or an evaluator."""
        engine.add_event_handler(Events.EPOCH_STARTED, self.reset)
        # Post-processing turns logits into probabilities at MODEL_COMPLETED, so the evaluator's loss comes before it.
        event = IterationEvents.FORWARD_COMPLETED if self.loss_function else IterationEvents.LOSS_COMPLETED
        engine.add_event_handler(event, self)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self.publish)

    def reset(self, engine: Workflow) -> None:
        """Discard the last epoch's data."""
        self._total: torch.Tensor | float = 0.0
        self._count = 0

    def __call__(self, engine: Workflow) -> None:
        """Add a batch's loss, weighted by its size; nothing leaves the device."""
        output, of = engine.state.output, self.loss_function
        loss = output[Keys.LOSS] if of is None else of(output[Keys.PRED], output[Keys.LABEL])
        self._total = self._total + loss.detach() * len(output[Keys.LABEL])
        self._count += len(output[Keys.LABEL])

    def publish(self, engine: Workflow) -> None:
        """Put the mean over all images, of all processes, into the metrics."""
        total = idist.all_reduce(float(self._total))
        engine.state.metrics["loss"] = float(total) / max(float(idist.all_reduce(float(self._count))), 1.0)
