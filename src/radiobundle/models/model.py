"""The interface of a trained model, however its network is stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.fitting.calibration import Calibration
from radiobundle.evaluation.fitting.thresholds import Thresholds
from radiobundle.images.reader import RadiographReader
from radiobundle.labels import Task


class Answer(NamedTuple):
    """A model's output for N images."""

    probabilities: np.ndarray
    """(N, labels) float64."""
    distances: np.ndarray | None
    """(N,) distance from the validation images, see `evaluation.out_of_distribution`; None: no score is shipped."""


@dataclass(frozen=True)
class Model(ABC):
    """A trained model with everything needed to use it.

    Attributes:
        name: name of the bundle.
        version: version of the bundle.
        sha256: content hash of the weights; of an exported file, the file's own.
        labels: in the order of the outputs.
        dicom_codes: codes for DICOM output, {value, scheme, meaning}: of the `procedure` and, by label,
            `labels`; any may lack.
        task: multiclass or multilabel.
        reader: turns a file into pixels, uint8 (channels, height, width).
        thresholds: shipped beside the weights, if any.
        calibration: likewise.
        reference: the validation images' own distances, ascending (float32), likewise.
    """

    name: str
    version: str
    sha256: str
    labels: tuple[str, ...]
    dicom_codes: Mapping[str, Any]
    task: Task
    reader: RadiographReader
    thresholds: Thresholds | None
    calibration: Calibration | None
    reference: np.ndarray | None

    @property
    def rule(self) -> DecisionRule:
        """How probabilities become predicted classes."""
        return DecisionRule(self.task, self.labels)

    @property
    def deciding_thresholds(self) -> Mapping[str, float | None]:
        """The shipped thresholds by label, if there are any and they decide; else none."""
        return self.thresholds.values if self.thresholds is not None and self.rule.uses_thresholds else {}

    def checked(self, answer: Answer) -> Answer:
        """Return an answer of the network.

        Raises:
            ValueError: it does not match the labels, or is not a probability.
        """
        probabilities = answer.probabilities
        if probabilities.ndim != 2 or probabilities.shape[1] != len(self.labels):
            raise ValueError(
                f"{self.name}: the network has {'x'.join(map(str, probabilities.shape[1:]))} outputs for "
                f"{len(self.labels)} labels; correct the bundle's metadata or fetch it again"
            )
        if not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise ValueError(f"{self.name}: the network's outputs are not probabilities; its weights are damaged")
        return answer

    @abstractmethod
    def answer(self, pixels: np.ndarray) -> Answer:
        """Return the model's answer for uint8 pixels (batch, channels, height, width)."""

    def replicas(self, count: int) -> Sequence[Model]:
        """Return models of the same weights that answer at the same time, a thread each; none if it is not possible."""
        return ()
