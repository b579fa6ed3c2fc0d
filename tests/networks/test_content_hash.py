"""Equal weights hash equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from radiobundle.handlers.checkpoint import save_checkpoint
from radiobundle.networks.content_hash import content_sha256


def test_equal_weights_hash_equal_and_give_equal_bytes(tmp_path: Path) -> None:
    state = {"b": torch.arange(6.0).reshape(1, 2, 3, 1), "a": torch.ones(2)}
    other = {"a": torch.ones(2), "b": state["b"].contiguous(memory_format=torch.channels_last)}
    assert content_sha256(state) == content_sha256(other)
    assert content_sha256(state) != content_sha256({**state, "a": torch.ones(2).double()})
    assert content_sha256(state) != content_sha256({**state, "a": torch.tensor([1.0, np.nextafter(1, 2, dtype="f4")])})
    for name in ("x.pt", "y.pt"):
        save_checkpoint(tmp_path / name, state)
    assert (tmp_path / "x.pt").read_bytes() == (tmp_path / "y.pt").read_bytes()
