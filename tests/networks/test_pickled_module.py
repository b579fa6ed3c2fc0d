"""Networks saved as a whole give their tensors, and none of their code runs."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
import torch
from torch import nn

from radiobundle.networks.pickled_module import read_pickled_module


class Evil:
    """Would write a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path(self.path),))


def whole_network(monkeypatch: pytest.MonkeyPatch, path: Path, *, zipped: bool, **attributes: object) -> nn.Module:
    """Save a network of a class that nobody can import any more."""
    gone = types.ModuleType("gone")
    network_type = type("Network", (nn.Sequential,), {"__module__": "gone"})
    gone.Network = network_type  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gone", gone)
    network: nn.Module = network_type(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    )
    for name, value in attributes.items():
        setattr(network, name, value)
    torch.save(network, path, _use_new_zipfile_serialization=zipped)
    monkeypatch.delitem(sys.modules, "gone")
    return network


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_of_a_class_that_is_not_installed(
    zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = whole_network(monkeypatch, tmp_path / "whole.pt", zipped=zipped)
    state = read_pickled_module(tmp_path / "whole.pt")
    expected = network.state_dict()
    assert list(state) == list(expected) and all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_runs(zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "it ran"
    whole_network(monkeypatch, tmp_path / "evil.pt", zipped=zipped, hook=Evil(str(mark)))
    assert len(read_pickled_module(tmp_path / "evil.pt")) == 9 and not mark.exists()


def test_anything_else_holds_no_network(tmp_path: Path) -> None:
    torch.save({"network": nn.Linear(1, 1)}, tmp_path / "dict.pt")
    assert read_pickled_module(tmp_path / "dict.pt") == {}


def test_a_network_that_holds_itself_is_read_once(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(1, 1))
    network._modules["again"] = network
    torch.save(network, tmp_path / "loop.pt")
    assert list(read_pickled_module(tmp_path / "loop.pt")) == ["0.weight", "0.bias"]
