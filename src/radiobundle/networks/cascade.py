"""A chain of networks, each of which splits one label of an earlier one, seen from outside as one network."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import torch
from torch import nn

from radiobundle.suggest import did_you_mean


class Stage(TypedDict):
    """One network of a `Cascade`.

    Attributes:
        network: with logits (batch, labels); stages that name the same network get a copy each.
        labels: in the order of its outputs; they exclude each other.
        refines: the label of an earlier stage that it splits; the first stage has none.
        threshold: None multiplies probabilities. A number makes a hard decision: where the earlier stage gives the
            refined label at least this probability it is certain, elsewhere it is impossible.
    """

    network: nn.Module
    labels: Sequence[str]
    refines: NotRequired[str]
    threshold: NotRequired[float | None]


class Cascade(nn.Module):
    """Probabilities by the chain rule: p(a label of a stage) = p(the label that the stage refines) x the stage's own.

    The outputs are log-probabilities, so that softmax returns exactly these probabilities and everything downstream
    treats the cascade as any network of exclusive labels. The stages are the submodules `stage1`, `stage2` and so on.
    Source: Chen, Goh and Tan, "architecture 2", which has two stages; its hard chain is threshold 0.5.

    Args:
        stages: see `Stage`; at least one.
        labels: of the result, in the order of its outputs: those that no stage refines.

    Raises:
        ValueError: a stage refines no label of an earlier one, a label occurs twice, the labels are not those that the
            stages leave, or a threshold does not lie between 0 and 1.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    >>> first: Stage = {"network": network, "labels": ["normal", "infected"]}
    >>> second: Stage = {"network": network, "labels": ["viral", "bacterial"], "refines": "infected"}
    >>> Cascade([first, second], labels=["normal", "viral", "bacterial"])(torch.zeros(4, 1, 1, 1)).shape
    torch.Size([4, 3])
    """

    def __init__(self, stages: Sequence[Stage], *, labels: Sequence[str]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.stages = [(tuple(stage["labels"]), stage.get("refines"), stage.get("threshold")) for stage in stages]
        _check(self.stages, self.labels)
        for index, stage in enumerate(stages, start=1):
            self.add_module(f"stage{index}", copy.deepcopy(stage["network"]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities (batch, labels) float32."""
        found: dict[str, torch.Tensor] = {}
        thresholds = {refines: threshold for _, refines, threshold in self.stages if threshold is not None}
        for (labels, refines, _), network in zip(self.stages, self.children(), strict=True):
            own = network(images).float().log_softmax(1)
            for label in filter(thresholds.__contains__, labels):
                own = _decide(own, labels.index(label), thresholds[label])
            given = found.pop(refines) if refines is not None else None
            for label, column in zip(labels, own.unbind(1), strict=True):
                found[label] = column if given is None else given + column
        return torch.stack([found[label] for label in self.labels], 1)

    def part_for(self, label: int) -> str:
        """Return the name of the stage that decides a label, given by its index."""
        return next(f"stage{i}" for i, (labels, *_) in enumerate(self.stages, start=1) if self.labels[label] in labels)


def chain_stages(
    network: nn.Module, *, labels: Sequence[str], stage2_labels: Sequence[str], infected_threshold: float | None = None
) -> Cascade:
    """Return the two-stage cascade named in earlier runs and packages: stage 2 splits "infected"."""
    first: Stage = {"network": network, "labels": [labels[0], "infected"]}
    second: Stage = {
        "network": network, "labels": stage2_labels, "refines": "infected", "threshold": infected_threshold,
    }  # fmt: skip
    return Cascade([first, second], labels=labels)


def _decide(log_probabilities: torch.Tensor, column: int, threshold: float) -> torch.Tensor:
    """Return log-probabilities (batch, labels) with one label certain from the threshold on, and impossible below."""
    tiny = torch.full_like(log_probabilities, torch.finfo(log_probabilities.dtype).tiny).log()
    is_label = torch.zeros_like(log_probabilities, dtype=torch.bool)
    is_label[:, column] = True
    certain = torch.where(is_label, torch.zeros_like(tiny), tiny)
    impossible = log_probabilities.masked_fill(is_label, -torch.inf).log_softmax(1).clamp_min(tiny)
    return torch.where(log_probabilities[:, [column]].exp() >= threshold, certain, impossible)


def _check(stages: Sequence[tuple[tuple[str, ...], str | None, float | None]], labels: tuple[str, ...]) -> None:
    left: list[str] = []
    for index, (own, refines, threshold) in enumerate(stages, start=1):
        if (refines is None) != (index == 1):
            raise ValueError(
                f"stage {index} of the cascade: all stages but the first must refine a label, but it does not"
            )
        if refines is not None and refines not in left:
            raise ValueError(f"stage {index} refines '{refines}', not one of {left}{did_you_mean(refines, left)}")
        if threshold is not None and not 0 < threshold < 1:
            raise ValueError(f"stage {index}: threshold must lie between 0 and 1, got {threshold}")
        left = [label for label in left if label != refines] + list(own)
    named = [label for own, *_ in stages for label in own]
    if len(set(named)) < len(named):
        raise ValueError(f"the stages of the cascade name a label twice: {named}")
    if sorted(left) != sorted(labels):
        raise ValueError(f"the stages of the cascade yield the labels {left}, but {list(labels)} are needed")
