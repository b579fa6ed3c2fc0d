"""Does a heat map depend on what the network has learned? Compare it with that of a network with random weights.

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3 (all layers at once) and its rank correlation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from radiobundle.networks.batch_norm import measure_batch_norm


def without_weights(network: nn.Module, images: Iterable[torch.Tensor], *, seed: int = 1) -> nn.Module:
    """Return a copy of the network with all weights randomised, in evaluation mode.

    Args:
        network: any network; it is not changed.
        images: batches (batch, channels, height, width) from which batch normalisation computes new statistics; without
            them the output of a deep network almost vanishes, and a map of nothing looks like a pass.
        seed: seed of the weights.
    """
    network = copy.deepcopy(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in network.modules():
            if callable(reset := getattr(module, "reset_parameters", None)):
                reset()
    measure_batch_norm(network, images, next(network.parameters()).device)
    return network.eval()


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of two maps of the same size; NaN if one is flat.

    >>> likeness(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 4.0], [9.0, 16.0]]))
    1.0
    """
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return round(float(spearmanr(first.ravel(), second.ravel()).statistic), 12)
