"""Several trained runs as the members of one ensemble, for MONAI's `EnsembleEvaluator`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
import torch
from monai.transforms import MeanEnsemble
from torch import nn

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.fitting.ensemble_weights import fit_member_weights
from radiobundle.evaluation.predictions.pairing import align
from radiobundle.evaluation.runs import load_run
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.labels import Task
from radiobundle.models.evaluated import require_current_evaluation
from radiobundle.models.trained import load_model
from radiobundle.training.batches import PrepareBatch

Rule = Literal["mean", "vote"]


class Member(nn.Module):
    """A trained network behind the pixels and the normalisation it was trained with.

    Args:
        network: trained.
        normalisation: of unit-range images.
        source: index of the ensemble's reader that makes its pixels.
    """

    def __init__(
        self, network: nn.Module, normalisation: Sequence[Callable[[torch.Tensor], torch.Tensor]], source: int
    ) -> None:
        super().__init__()
        self.network, self.normalisation, self.source = network, tuple(normalisation), source

    def forward(self, images: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return logits (batch, labels) for unit-range images, one tensor per reader of the ensemble."""
        pixels = images[self.source]
        for transform in self.normalisation:
            pixels = transform(pixels)
        return self.network(pixels.contiguous(memory_format=torch.channels_last))


class Ensemble:
    """The networks of several runs, see `load_model`.

    Args:
        runs: output folders of trainings; their recipes may differ in everything but the labels.
        labels: labels of the ensemble.
        device: device of the networks.

    Attributes:
        members: one per run.
        readers: the distinct readers that the members need.

    Raises:
        ValueError: a folder is not a run, or was trained for other labels.
    """

    def __init__(self, runs: Sequence[str | Path], *, labels: Sequence[str], device: torch.device | str) -> None:
        if not runs or isinstance(runs, str):
            raise ValueError(
                "an ensemble needs runs: --ensemble_runs \"['OUT1','OUT2']\" (output folders of trainings)"
            )
        self.readers: list[RadiographReader] = []
        self.members = [self._load(Path(run), list(labels), device) for run in runs]

    def stores(self, directory: str | Path) -> list[ImageStore]:
        """Return the image store of each reader."""
        return [ImageStore(directory, reader) for reader in self.readers]

    def _load(self, run: Path, labels: list[str], device: torch.device | str) -> Member:
        model = load_model(run, device=device)
        if list(model.labels) != labels:
            raise ValueError(f"{run} has labels {list(model.labels)}, the ensemble has {labels}; also give its recipe")
        return Member(model.network, model.normalisation, self._find_reader(model.reader)).eval()

    def _find_reader(self, reader: RadiographReader) -> int:
        known = [joblib.hash(other) for other in self.readers]
        if (key := joblib.hash(reader)) not in known:
            self.readers.append(reader)
            known.append(key)
        return known.index(key)


class PrepareMembers:
    """MONAI's `prepare_batch` for an ensemble: unit-range images of every reader, and labels."""

    def __call__(
        self,
        batch: dict[str, Any],
        device: torch.device | str | None = None,
        non_blocking: bool = False,
        **to_options: Any,
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Return a list of images (batch, channels, height, width), one per reader, and labels (batch, labels)."""
        prepare = PrepareBatch()
        prepared = [
            prepare({**batch, "image": images}, device, non_blocking, **to_options) for images in batch["image"]
        ]
        return [images for images, _ in prepared], prepared[0][1]


def member_weights(
    runs: Sequence[str | Path], *, weights: Literal["equal", "fitted"] | Sequence[float], task: Task
) -> list[float]:
    """Return the weight of each run in the mean, summing to 1.

    Args:
        runs: output folders of evaluated trainings.
        weights: "equal", "fitted" (lowest log loss on the validation images of each run's predictions.csv), or numbers.
        task: of the predictions.

    Raises:
        ValueError: the numbers do not fit, or a run has no validation predictions of the same images.
    """
    if weights == "equal":
        return [1 / len(runs)] * len(runs)
    if weights == "fitted":
        require_current_evaluation(*runs)
        tables = [load_run(run, split="validation", task=task).predictions for run in runs]
        aligned = align(tables, names=[str(run) for run in runs])
        fitted = fit_member_weights(aligned[0].truth, np.stack([table.probabilities for table in aligned]))
        return [float(weight) for weight in fitted]
    if isinstance(weights, str) or len(weights) != len(runs) or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError(f"ensemble_weights must be equal, fitted, or {len(runs)} numbers, got {weights}")
    return [float(weight) / sum(weights) for weight in weights]


class CombineMembers:
    """Post-processing for `EnsembleEvaluator`: `pred_0`, `pred_1` ... (logits) become the ensemble's `pred`.

    The rule "mean" takes the weighted mean probability. "vote" takes the weighted fraction of members that predict the
    class at their default decision: from 0.5 on that is the majority vote, with three members "at least 2 of 3" (Chen,
    Chen, Chen and Xiao, equation 15), and the fraction still ranks.

    Args:
        activation: turns `{"pred": logits}` into `{"pred": probabilities}`.
        weights: of the members.
        rule: mean or vote.
        task: multiclass or multilabel.
    """

    def __init__(
        self,
        activation: Callable[[dict[str, Any]], dict[str, Any]],
        weights: Sequence[float],
        *,
        rule: Rule,
        task: Task,
    ) -> None:
        if rule not in ("mean", "vote"):
            raise ValueError(f"ensemble_rule must be mean or vote, got '{rule}'")
        self.activation, self.count, self.rule, self.task = activation, len(weights), rule, task
        self.mean = MeanEnsemble(weights=np.asarray(weights))

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the data with `pred` (batch, labels)."""
        opinions = [self.activation({"pred": data[f"pred_{member}"]})["pred"] for member in range(self.count)]
        if self.rule == "vote":
            opinions = [self._vote(opinion) for opinion in opinions]
        return {**data, "pred": self.mean(torch.stack(opinions))}

    def _vote(self, probabilities: torch.Tensor) -> torch.Tensor:
        rule = DecisionRule(self.task, tuple(map(str, range(probabilities.shape[1]))))
        return torch.from_numpy(rule.predict(probabilities.cpu().numpy())).to(probabilities)
