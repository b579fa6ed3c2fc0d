"""What the tests of pretrained weights have in common."""

from __future__ import annotations

from typing import Any

ENTRY: dict[str, Any] = {
    "title": "a network",
    "network": {"_target_": "monai.networks.nets.DenseNet121", "spatial_dims": 2, "in_channels": 1, "out_channels": 2},
    "source": {"file": "net.pt"},
    "expects": {"channels": 1, "mean": [0.5], "std": [0.25]},
    "trained_on": [{"data_set": "mura", "splits": ["training"]}],
}
