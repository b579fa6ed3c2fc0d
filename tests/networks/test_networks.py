from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from radiobundle.networks import CheckpointError, ThreeBlockCNN, initialise, load_weights, read_checkpoint


def test_three_block_cnn_has_the_study_s_shapes() -> None:
    network = ThreeBlockCNN(num_classes=2)
    assert network(torch.zeros(4, 1, 150, 150)).shape == (4, 2)
    assert network.classifier[1].weight.shape == (100, 64 * 17 * 17)


def test_three_block_cnn_without_conv3_has_two_convolutions() -> None:
    network = ThreeBlockCNN(conv_channels=(16, 32), fc_nodes=(60, 30))
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == 2
    assert network(torch.zeros(1, 1, 150, 150)).shape == (1, 2)


def test_too_small_input_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        ThreeBlockCNN(image_size_px=(12, 12))


def test_zero_initialisation_zeroes_every_weight() -> None:
    assert all(not parameter.any() for parameter in ThreeBlockCNN(initialisation="zero").parameters())


@pytest.mark.parametrize(("scheme", "variance"), [("he", 2 / 500), ("xavier", 2 / 1500), ("random", 1.0)])
def test_initialisation_has_the_variance_of_its_paper(scheme: str, variance: float) -> None:
    torch.manual_seed(0)
    layer = initialise(nn.Linear(500, 1000), scheme)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)
    assert not layer.bias.any()


def test_unknown_initialisation_is_refused() -> None:
    with pytest.raises(ValueError, match="xavier"):
        initialise(nn.Linear(2, 2), "xavir")


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
