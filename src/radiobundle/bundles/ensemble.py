"""Several trained runs as the members of one ensemble, for MONAI's `EnsembleEvaluator`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
import torch
from monai.bundle import ConfigParser
from monai.transforms import MeanEnsemble
from torch import nn
from torch.nn import functional

from radiobundle.evaluation.ensemble import fit_member_weights
from radiobundle.evaluation.pairing import align, load_run
from radiobundle.evaluation.predictions import Task
from radiobundle.images.reader import RadiographReader
from radiobundle.networks.weights import load_weights
from radiobundle.training.acceleration import place_network

Rule = Literal["mean", "vote"]


class Member(nn.Module):
    """A trained network behind the normalisation it was trained with: unit-range images in, logits out."""

    def __init__(self, network: nn.Module, normalisation: Sequence[Callable[[torch.Tensor], torch.Tensor]]) -> None:
        super().__init__()
        self.network, self.normalisation = network, tuple(normalisation)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, labels)."""
        for transform in self.normalisation:
            images = transform(images)
        logits: torch.Tensor = self.network(images.contiguous(memory_format=torch.channels_last))
        return logits


def load_members(
    runs: Sequence[str | Path], *, labels: Sequence[str], reader: RadiographReader, device: torch.device | str
) -> list[Member]:
    """Rebuild the network of each run from its `run.json` and load `models/model.pt`.

    A configuration runs code: use runs of people you trust.

    Args:
        runs: output folders of trainings; their recipes may differ in everything that comes after the pixels.
        labels: of the ensemble.
        reader: of the ensemble; members must have been trained on the same pixels.
        device: where the networks go.

    Raises:
        ValueError: a folder is no run, or was trained with other labels or pixels.
    """
    if not runs:
        raise ValueError("an ensemble needs runs: --ensemble_runs \"['OUT1','OUT2']\" (output folders of trainings)")
    return [_load_member(Path(run), list(labels), reader, device) for run in runs]


def member_weights(
    runs: Sequence[str | Path], *, weights: Literal["equal", "fitted"] | Sequence[float], task: Task
) -> list[float]:
    """Return the weight of each run in the mean, of sum 1.

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
        tables = [load_run(run, split="validation", task=task).predictions for run in runs]
        aligned = align(tables, names=[str(run) for run in runs])
        fitted = fit_member_weights(aligned[0].truth, np.stack([table.probabilities for table in aligned]))
        return [float(weight) for weight in fitted]
    if isinstance(weights, str) or len(weights) != len(runs) or min(weights) < 0 or sum(weights) <= 0:
        raise ValueError(f"ensemble_weights must be equal, fitted, or {len(runs)} numbers, got {weights}")
    return [float(weight) / sum(weights) for weight in weights]


class CombineMembers:
    """Post-processing for `EnsembleEvaluator`: `pred_0`, `pred_1` ... (logits) become the ensemble's `pred`.

    The rule "mean" takes the weighted mean probability. "vote" takes the weighted share of members that name the class
    (probability at least 0.5, of exclusive classes the most probable one): at 0.5 that is the majority vote, with three
    members "at least 2 of 3" (Chen, Chen, Chen and Xiao, equation 15), and the share still ranks.

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
        if self.task == "multilabel":
            return (probabilities >= 0.5).to(probabilities.dtype)
        return functional.one_hot(probabilities.argmax(1), probabilities.shape[1]).to(probabilities.dtype)


def _load_member(run: Path, labels: list[str], reader: RadiographReader, device: torch.device | str) -> Member:
    manifest = run / "run.json"
    if not manifest.is_file():
        raise ValueError(f"{run}: no run.json there; give the output folder of a training")
    parser = ConfigParser(json.loads(manifest.read_text("utf-8"))["config"])
    parser["checkpoint"] = str(run / "models" / "model.pt")  # the folder may have moved since
    parser.get_parsed_content("imports")
    if (found := parser.get_parsed_content("labels")) != labels:
        raise ValueError(f"{run} was trained for labels {found}, the ensemble has {labels}; give its recipe too")
    theirs: RadiographReader = parser.get_parsed_content("reader")
    if joblib.hash(theirs) != joblib.hash(reader):
        raise ValueError(
            f"{run} was trained on other pixels ({_describe(theirs)}; the ensemble reads {_describe(reader)}); give "
            "--image_size_px or the recipe that the runs share"
        )
    network = load_weights(parser.get_parsed_content("network_def"), parser["checkpoint"])
    return Member(place_network(network, device), parser.get_parsed_content("normalisation")).eval()


def _describe(reader: RadiographReader) -> str:
    steps = "".join(f", {type(step).__name__}" for step in reader.steps)
    return f"{reader.image_size_px[0]}x{reader.image_size_px[1]} px{steps}"
