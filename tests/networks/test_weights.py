"""Checkpoints are loaded whole or not at all, and run no code."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from radiobundle.networks import CheckpointError, load_weights, read_checkpoint


def test_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_weights(nn.Linear(2, 2), tmp_path / "none.pt")


def test_weights_of_another_network_name_the_keys(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 3).state_dict(), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"weight: shape \[3, 2\], the network has \[2, 2\]"):
        load_weights(nn.Linear(2, 2), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"missing: 0\.weight"):
        load_weights(nn.Sequential(nn.Linear(2, 3)), tmp_path / "w.pt")


def test_a_failed_load_changes_no_weight(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 3).state_dict(), tmp_path / "w.pt")
    network = nn.Linear(2, 2)
    before = network.weight.detach().clone()
    with pytest.raises(CheckpointError):
        load_weights(network, tmp_path / "w.pt")
    assert torch.equal(before, network.weight)


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("code ran",))


def test_checkpoint_with_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"weight": Malicious()}, tmp_path / "evil.pt")
    with pytest.raises(CheckpointError, match="refused"):
        read_checkpoint(tmp_path / "evil.pt")
    assert "code ran" not in capsys.readouterr().out


def test_truncated_checkpoint_is_an_error(tmp_path: Path) -> None:
    torch.save(nn.Linear(50, 50).state_dict(), tmp_path / "w.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "w.pt").read_bytes()[:4000])
    with pytest.raises(CheckpointError, match=r"cut\.pt"):
        read_checkpoint(tmp_path / "cut.pt")
