"""Probabilities along a tree of labels: that of a child never exceeds that of its parent."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from radiobundle.datalists.hierarchy import ancestors, read_hierarchy


class ChainProbabilities:
    """Treat a network's outputs as conditional probabilities, and return unconditional ones by the chain rule.

    The probability of a label is its own output times the probability of its nearest ancestor among the labels.
    Source: Pham et al. 2019, "Interpreting chest X-rays via CNNs", section 3.2 (after Chen et al. 2019); there the
    network was trained for it, see `training.given_parents`. If it was not, children get too low probabilities.

    Args:
        labels: in the order of the outputs.
        hierarchy: see `read_hierarchy`.

    Raises:
        ValueError: no label has an ancestor among the labels, so that nothing would change.

    >>> chain = ChainProbabilities(["Edema", "Lung Opacity"], "chexpert")
    >>> chain(torch.tensor([[0.5, 0.5]]))
    tensor([[0.2500, 0.5000]])
    """

    def __init__(self, labels: Sequence[str], hierarchy: str) -> None:
        parents = read_hierarchy(hierarchy)
        above = {label: [name for name in ancestors(label, parents) if name in labels] for label in labels}
        if not any(above.values()):
            raise ValueError(f"hierarchy '{hierarchy}': none of {', '.join(labels)} is a child of another")
        self.order = sorted(range(len(labels)), key=lambda index: len(above[labels[index]]))  # parents first
        self.parent = [list(labels).index(above[label][0]) if above[label] else None for label in labels]

    def __call__(self, probabilities: torch.Tensor) -> torch.Tensor:
        """Return probabilities (batch, labels) of conditional ones."""
        found = list(probabilities.unbind(1))
        for index in self.order:
            parent = self.parent[index]
            if parent is not None:
                found[index] = found[index] * found[parent]
        return torch.stack(found, dim=1)
