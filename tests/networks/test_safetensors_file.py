"""Files of the safetensors format are read whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from network_cases import write_safetensors
from radiobundle.networks.safetensors_file import read_safetensors
from radiobundle.networks.weights import CheckpointError


def test_every_tensor_comes_back(tmp_path: Path) -> None:
    state = {"a": torch.rand(2, 3), "b": torch.tensor(7), "c": torch.rand(5).bfloat16(), "none": torch.zeros(0, 4)}
    found = read_safetensors(write_safetensors(tmp_path / "w.safetensors", state, __metadata__={"format": "pt"}))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in state.items())


@pytest.mark.parametrize("content", [b"", b"abc", (5).to_bytes(8, "little") + b"{]}[]", b"\xff" * 40])
def test_what_is_no_such_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"w\.safetensors: .*fetch it again"):
        read_safetensors(tmp_path / "w.safetensors")


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "w.safetensors", {"a": torch.rand(8), "b": torch.rand(8)}, cut=3)
    with pytest.raises(CheckpointError, match="damaged safetensors file"):
        read_safetensors(path)
