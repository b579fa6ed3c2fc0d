"""How much heat maps change when a network loses its weights: `heat_map_sanity.py MODEL IMAGE... [--count N]`.

Prints, for each method, the rank correlation of the maps of the trained network and of the same network without its
weights, over the images: 1, the weights do not matter to the map; 0, they do (Adebayo et al. 2018).
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from radiobundle.explain.methods import METHODS, explain_by
from radiobundle.explain.sanity import likeness, without_weights
from radiobundle.images.search import find_images
from radiobundle.models.trained import load_model


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
