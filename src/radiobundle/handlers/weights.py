"""Load weights at the start of an evaluation, and average them during training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ignite.engine import Events
from monai.engines import EnsembleEvaluator, Workflow
from torch import nn

from radiobundle.bundles.integrity import require_checksums
from radiobundle.networks.content_hash import content_sha256, joint_sha256
from radiobundle.networks.weights import load_weights
from radiobundle.training.averaging import WeightAverage


class WeightsLoader:
    """Handler for an evaluator: load every network's checkpoint before the first batch; all keys must match.

    Unlike MONAI's `CheckpointLoader` it takes only bare weights and says which keys differ.

    Args:
        networks: one or more networks.
        checkpoints: one file for each.
    """

    def __init__(self, networks: Sequence[nn.Module], checkpoints: Sequence[str | Path]) -> None:
        if len(networks) != len(checkpoints):
            raise ValueError(f"{len(networks)} networks need {len(networks)} checkpoints, got {len(checkpoints)}")
        self.pairs = list(zip(networks, checkpoints, strict=True))

    def attach(self, engine: Workflow) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Workflow) -> None:
        """Load all weights; a package's weights must match its checksums."""
        for network, checkpoint in self.pairs:
            path = Path(checkpoint)
            vouched = require_checksums(path.parents[1], f"{path.parent.name}/{path.name}")
            load_weights(network, path, vouched=bool(vouched))


def evaluated_sha256(engine: Workflow) -> str:
    """Return the content hash of the evaluated network; for an ensemble, of all its members together."""
    networks = engine.networks if isinstance(engine, EnsembleEvaluator) else [engine.network]  # type: ignore[attr-defined]
    return joint_sha256(content_sha256(network.state_dict()) for network in networks)


class AverageUpdater:
    """Handler for the trainer: update the moving average of the weights after every iteration."""

    def __init__(self, average: WeightAverage) -> None:
        self.average = average

    def attach(self, engine: Workflow) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine: Workflow) -> None:
        """Update."""
        self.average.update(engine.state.iteration)
