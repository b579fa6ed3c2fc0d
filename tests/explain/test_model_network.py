"""Models as networks."""

from __future__ import annotations

import numpy as np
import torch

from radiobundle.explain.model_network import OutsideNetwork


class Says:
    """An exported model that is as sure as can be."""

    def run(self, images: np.ndarray) -> list[np.ndarray]:
        return [np.array([[0.75, 1.0, 0.0]] * len(images), np.float32)]


def test_probabilities_of_an_exported_network_become_finite_log_odds() -> None:
    logits = OutsideNetwork(Says())(torch.zeros(2, 1, 4, 4))  # type: ignore[arg-type]
    assert logits.shape == (2, 3) and torch.isfinite(logits).all()
    torch.testing.assert_close(logits[0, 0], torch.tensor(3.0).log())
