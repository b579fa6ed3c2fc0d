"""`--pretrained` takes a registered name, a file or an address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from radiobundle.networks import efficientnet_lite0
from radiobundle.networks.weights import CheckpointError
from radiobundle.pretrained.entry import WeightsError
from radiobundle.pretrained.load import build_network, load_start, registered
from radiobundle.pretrained.registry import find_entry


def test_a_word_is_a_name_and_a_path_is_a_file(tmp_path: Path) -> None:
    entry = registered("efficientnet_lite0_imagenet")
    assert entry is not None and entry.name == "efficientnet_lite0_imagenet"
    for other in ("weights.pt", str(tmp_path / "weights"), "https://example.com/resnet18-01234567.pth"):
        assert registered(other) is None


def test_a_file_with_the_look_of_a_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(efficientnet_lite0(num_classes=2).state_dict(), tmp_path / "weights")
    monkeypatch.chdir(tmp_path)
    assert not load_start(efficientnet_lite0(num_classes=2), "weights").reinitialised


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(
        ValueError, match="no pretrained weights 'efficientnet_lite0'; did you mean 'efficientnet_lite0_i"
    ):
        registered("efficientnet_lite0")


def test_missing_file_is_said_as_before() -> None:
    with pytest.raises(CheckpointError, match=r"/no/such/file: no such file; name a state dict with --pretrained FILE"):
        load_start(efficientnet_lite0(), "/no/such/file")


def test_network_of_a_missing_package_says_which() -> None:
    entry = replace(find_entry("vit_small_imagenet"), network={"_target_": "no_such_package.create_model"})
    with pytest.raises(WeightsError, match=r"vit_small_imagenet: its network comes from no_such_package: `pip install"):
        build_network(entry)
