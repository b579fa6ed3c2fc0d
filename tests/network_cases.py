"""What the tests of the networks have in common."""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from torch import nn


def count_parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


# Of EfficientNet-B0 (Tan and Le 2019, table 1), by stage: expansion, kernel, stride, filters, blocks.
EFFICIENTNET_B0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def torchvision_efficientnet_b0_state(classes: int = 1000) -> dict[str, torch.Tensor]:
    """Names and shapes as the network has them in torchvision, three channels, values at random."""
    generator = torch.Generator().manual_seed(0)
    state: dict[str, torch.Tensor] = {}

    def layer(name: str, *shape: int, bias: bool = False) -> None:
        fan_in = math.prod(shape[1:])
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)
        if bias:
            state[f"{name}.bias"] = torch.rand(shape[0], generator=generator) - 0.5

    def normalised(name: str, *shape: int) -> None:
        layer(f"{name}.0", *shape)
        for part, low in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5), ("running_var", 0.5)):
            state[f"{name}.1.{part}"] = low + torch.rand(shape[0], generator=generator)
        state[f"{name}.1.num_batches_tracked"] = torch.tensor(7)

    normalised("features.0", 32, 3, 3, 3)
    before = 32
    for stage, (expansion, kernel, _, filters, blocks) in enumerate(EFFICIENTNET_B0, start=1):
        for block in range(blocks):
            name, wide, step = f"features.{stage}.{block}.block", before * expansion, int(expansion > 1)
            if expansion > 1:
                normalised(f"{name}.0", wide, before, 1, 1)
            normalised(f"{name}.{step}", wide, 1, kernel, kernel)
            layer(f"{name}.{step + 1}.fc1", before // 4, wide, 1, 1, bias=True)
            layer(f"{name}.{step + 1}.fc2", wide, before // 4, 1, 1, bias=True)
            normalised(f"{name}.{step + 2}", filters, wide, 1, 1)
            before = filters
    normalised("features.8", 1280, 320, 1, 1)
    layer("classifier.1", classes, 1280, bias=True)
    return state


SAFETENSORS_TYPES = {torch.float32: "F32", torch.int64: "I64", torch.bfloat16: "BF16"}


def write_safetensors(path: Path, state: dict[str, torch.Tensor], *, cut: int = 0, **header: object) -> Path:
    """Write the format by its description: length of the header, header, bytes."""
    data, told = b"", dict(header)
    for name, value in state.items():
        raw = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        told[name] = {
            "dtype": SAFETENSORS_TYPES[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }  # fmt: skip
        data += raw
    text = json.dumps(told).encode()
    content = len(text).to_bytes(8, "little") + text + data
    path.write_bytes(content[: len(content) - cut])
    return path
