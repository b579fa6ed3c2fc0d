"""A hash that identifies a set of weights, whatever file holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import torch


def content_sha256(state: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and values of a state dict; equal weights hash equal.

    The order of the names, the device and the memory format do not count.

    >>> a, b = torch.zeros(2), torch.ones(3)
    >>> content_sha256({"a": a, "b": b}) == content_sha256({"b": b, "a": a})
    True
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def joint_sha256(hashes: Iterable[str]) -> str:
    """Return one hash for several sets of weights in a given order; that of a single one is its own."""
    known = list(hashes)
    return known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()
