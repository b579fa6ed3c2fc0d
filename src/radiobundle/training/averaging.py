"""A moving average of the weights, which is validated and saved in place of the jittery latest ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class WeightAverage:
    """An exponential moving average of a network's weights and buffers.

    At iteration n the average keeps the fraction min(decay, (1 + n) / (10 + n)) of itself, so that a short run forgets
    its random start as well as a long one does. Whole numbers, such as the number of batches that a batch
    normalisation has seen, are copied. An update is a few operators, however many layers the network has.

    Args:
        network: the trained network.
        decay: fraction of itself that the average keeps in the long run, such as 0.999; None: no average is kept, and
            `network` is the trained network itself.

    Attributes:
        network: the network to validate and save.

    Raises:
        ValueError: the decay does not lie between 0 and 1.
    """

    def __init__(self, network: nn.Module, decay: float | None = None) -> None:
        if decay is not None and not 0 < decay < 1:
            raise ValueError(f"ema_decay must lie between 0 and 1 (or be null: no average), got {decay}")
        self.trained, self.decay = network, decay
        self._keep = 0.0
        self._average = None
        if decay is not None:
            self._average = AveragedModel(network, multi_avg_fn=self._move, use_buffers=True)
        self.network = network if self._average is None else self._average.module

    def update(self, iteration: int) -> None:
        """Move the average towards the weights after an iteration (counted from 1); nothing happens without one."""
        if self._average is not None and self.decay is not None:
            self._keep = min(self.decay, (1 + iteration) / (10 + iteration))
            self._average.update_parameters(self.trained)

    def state_dict(self) -> dict[str, Any]:
        """Return the average's state, empty without one."""
        return {} if self._average is None else self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved average.

        Raises:
            ValueError: the saved run kept an average and this one does not, or the reverse.
        """
        if bool(state) != (self._average is not None):
            raise ValueError("it was trained with another ema_decay; resume with the same recipes")
        if self._average is not None:
            self._average.load_state_dict(state)

    def _move(self, averaged: Any, current: Any, count: Any) -> None:
        """Move tensors of one type; torch's own function would need several operators for each whole number."""
        if averaged[0].is_floating_point():
            get_ema_multi_avg_fn(self._keep)(averaged, current, count)
        else:
            torch._foreach_copy_(averaged, current)
