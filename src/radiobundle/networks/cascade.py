"""Two binary networks in a chain, seen from outside as one three-class network."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn


class Cascade(nn.Module):
    """Stage 1 says normal or infected; stage 2 says which infection, given that there is one.

    The outputs are log-probabilities by the chain rule, log p(normal), log p(infected) + log p(first | infected),
    log p(infected) + log p(second | infected), so that softmax returns exactly these probabilities and everything
    downstream treats the cascade as any three-class network. Source: Chen, Goh and Tan, "architecture 2".

    Args:
        stage1: network with logits (batch, 2): normal, infected.
        stage2: network with logits (batch, 2) for the two infections.
        stage2_order: which output of stage 2 comes first, which second.
        infected_threshold: None multiplies probabilities. A number reproduces the study's hard chain: at
            p(infected) >= threshold the image is infected for certain, below it is normal for certain.
    """

    def __init__(
        self,
        stage1: nn.Module,
        stage2: nn.Module,
        *,
        stage2_order: Sequence[int] = (0, 1),
        infected_threshold: float | None = None,
    ) -> None:
        super().__init__()
        if infected_threshold is not None and not 0 < infected_threshold < 1:
            raise ValueError(f"infected_threshold must lie between 0 and 1, got {infected_threshold}")
        self.stage1, self.stage2 = stage1, stage2
        self.stage2_order = list(stage2_order)
        self.infected_threshold = infected_threshold

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities (batch, 3) float32."""
        first = self.stage1(images).float().log_softmax(1)
        second = self.stage2(images).float().log_softmax(1)[:, self.stage2_order]
        if self.infected_threshold is not None:
            infected = (first[:, 1:].exp() >= self.infected_threshold).to(first.dtype)
            first = torch.cat([1 - infected, infected], 1).clamp_min(torch.finfo(first.dtype).tiny).log()
        return torch.cat([first[:, :1], first[:, 1:] + second], 1)

    @staticmethod
    def stage_of(label: int) -> str:
        """Return the name of the stage that tells a label apart: the first for normal, the second for an infection."""
        return "stage1" if label == 0 else "stage2"


def chain_stages(
    network: nn.Module, *, labels: Sequence[str], stage2_labels: Sequence[str], infected_threshold: float | None = None
) -> Cascade:
    """Make a cascade of two copies of `network` (two outputs each), to be given the stages' weights.

    Args:
        network: the architecture of both stages.
        labels: the three labels of the result, normal first.
        stage2_labels: the two infections in the order of stage 2's outputs.
        infected_threshold: see `Cascade`.

    Raises:
        ValueError: the labels do not fit together.
    """
    if sorted(labels[1:]) != sorted(stage2_labels):
        raise ValueError(f"stage 2 has labels {list(stage2_labels)}, the cascade needs {list(labels[1:])}")
    order = [list(stage2_labels).index(label) for label in labels[1:]]
    return Cascade(network, copy.deepcopy(network), stage2_order=order, infected_threshold=infected_threshold)
