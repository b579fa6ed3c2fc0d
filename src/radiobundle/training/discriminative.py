"""Learning rates by depth: what was learnt elsewhere changes slowly, the new last layer quickly."""

from __future__ import annotations

from typing import Any

from torch import nn

from radiobundle.networks.transfer import last_layer


def discriminative_groups(
    network: nn.Module, *, learning_rate: float, backbone_factor: float = 0.1
) -> list[dict[str, Any]]:
    """Return an optimiser's parameter groups: the last layer with the learning rate, the others with a part of it.

    Frozen parameters are left out. The last layer comes first, so that histories record its rate.
    Source: Howard and Ruder 2018, "Universal Language Model Fine-tuning", section 3.2, with two groups.

    Args:
        network: any with a linear layer.
        learning_rate: of the last linear layer.
        backbone_factor: what it is multiplied by for everything before that layer; above 0.

    Raises:
        ValueError: the factor is not above 0.

    >>> groups = discriminative_groups(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 3)), learning_rate=0.5)
    >>> [(len(group["params"]), group["lr"]) for group in groups]
    [(2, 0.5), (2, 0.05)]
    """
    if not backbone_factor > 0:
        raise ValueError(f"backbone_factor must be above 0, got {backbone_factor}; to freeze, use freeze_all_but")
    head = {id(parameter) for parameter in network.get_submodule(last_layer(network)).parameters()}
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [each for each in learning if id(each) in head], "lr": learning_rate},
        {"params": [each for each in learning if id(each) not in head], "lr": learning_rate * backbone_factor},
    ]
    return [group for group in groups if group["params"]]
