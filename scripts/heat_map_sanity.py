"""How much heat maps change when a network loses its weights: `heat_map_sanity.py MODEL IMAGE... [--count N]`.

Prints, for each method, the rank correlation of the maps of the trained network and of the same network without its
weights, over the images: 1, the weights do not matter to the map; 0, they do. Source: Adebayo et al. 2018, "Sanity
Checks for Saliency Maps", section 3 (all layers at once) and its rank correlation.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterable

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from radiobundle.explain.methods import METHODS, explain_by
from radiobundle.images.search import find_images
from radiobundle.models.trained import load_model
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("images", nargs="+")
    parser.add_argument("--count", type=int, default=40, help="of images, at even steps")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    paths = [path for _, path in find_images(arguments.images)]
    chosen = [paths[index] for index in np.linspace(0, len(paths) - 1, min(arguments.count, len(paths))).astype(int)]
    images = torch.cat([model.normalise(model.reader(path)[None]) for path in chosen])
    with torch.no_grad():
        labels = model.network(images).argmax(1).tolist()
    random = without_weights(model.network, images.split(16))
    for name in METHODS:
        learned, drawn = explain_by(name, model.network), explain_by(name, random)
        found = [
            likeness(learned(image[None], label)[0].numpy(), drawn(image[None], label)[0].numpy())
            for image, label in zip(images, labels, strict=True)
        ]
        low, middle, high = np.nanpercentile(found, (25, 50, 75))
        print(f"| {name} | {middle:.2f} ({low:.2f} to {high:.2f}) | {int(np.isnan(found).sum())} |", flush=True)


if __name__ == "__main__":
    main()
