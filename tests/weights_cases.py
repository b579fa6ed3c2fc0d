"""What the tests of pretrained weights have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser

from bundle_runs import narrow_resnet
from radiobundle.files import file_sha256

ENTRY: dict[str, Any] = {
    "title": "a network",
    "network": {"_target_": "monai.networks.nets.DenseNet121", "spatial_dims": 2, "in_channels": 1, "out_channels": 2},
    "source": {"file": "net.pt"},
    "expects": {"channels": 1, "mean": [0.5], "std": [0.25]},
    "trained_on": [{"data_set": "mura", "splits": ["training"]}],
}


def write_tiny_entry(folder: Path, *, channels: int = 3, trained_on: str = "mura") -> str:
    """Write an entry with the weights of a tiny ResNet at random into a folder of one's own; returns its name."""
    folder.mkdir(exist_ok=True)
    network = {**narrow_resnet(4, 4, 8, 8), "n_input_channels": channels, "num_classes": 5}
    torch.manual_seed(1)
    torch.save(ConfigParser({"network": network}).get_parsed_content("network").state_dict(), folder / "net.pt")
    entry = {
        "title": "tiny",
        "network": network,
        "source": {"file": "net.pt"},
        "sha256": file_sha256(folder / "net.pt"),
        "licence": {"name": "CC BY-NC 4.0", "stated_in": "here", "commercial_use": False},
        "expects": {"channels": channels, "mean": [0.5] * channels, "std": [0.25] * channels},
        "trained_on": [{"data_set": trained_on, "splits": ["training", "test"]}],
        "citation": "Somebody 2020.",
    }
    (folder / "tiny_mura.json").write_text(json.dumps(entry))
    return "tiny_mura"
