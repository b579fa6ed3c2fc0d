"""The safetensors format of the Hugging Face Hub and timm: names, types, shapes and plain bytes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from radiobundle.files import parse_json
from radiobundle.networks.weights import CheckpointError

SUFFIX = ".safetensors"
_LENGTH_BYTES = 8  # of the number before the header
_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def read_safetensors(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name.

    Source: https://huggingface.co/docs/safetensors, "Format".

    Raises:
        CheckpointError: the file is missing, cut short, or no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; name a state dict with --pretrained FILE")
    content = path.read_bytes()
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    if not _LENGTH_BYTES < start <= len(content):
        raise CheckpointError(f"{path}: not a complete safetensors file; fetch it again")
    try:
        header = parse_json(content[_LENGTH_BYTES:start], str(path), fix="fetch it again")
        data = memoryview(bytearray(content[start:]))
        return {name: _tensor(stated, data) for name, stated in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise CheckpointError(f"{path}: damaged safetensors file ({error}); fetch it again") from error


def _tensor(stated: dict[str, Any], data: memoryview) -> torch.Tensor:
    begin, end = stated["data_offsets"]
    kind, shape = _TYPES[stated["dtype"]], stated["shape"]
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{end - begin} bytes for {shape} of {stated['dtype']}, {len(data)} bytes in all")
    if begin == end:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(data[begin:end], dtype=kind).reshape(shape)
