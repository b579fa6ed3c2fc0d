"""Outputs of an evaluation: each image once, in the order of the list."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from radiobundle.handlers.collected import CollectedOutputs


def test_images_that_come_twice_count_once_in_the_order_of_the_list() -> None:
    collected, state = CollectedOutputs(), SimpleNamespace()
    engine: Any = SimpleNamespace(state=state)
    collected.start(engine)
    for indices in ([2, 0], [1, 2]):
        state.batch = {"index": torch.tensor(indices)}
        state.output = {"pred": torch.tensor([[index / 10] for index in indices])}
        collected(engine)
    found, probabilities = collected.gather(torch.device("cpu"))
    assert found.tolist() == [0, 1, 2]
    np.testing.assert_allclose(probabilities, [[0], [0.1], [0.2]], atol=1e-7)
