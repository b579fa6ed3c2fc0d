"""The tensors of a network that was saved as a whole, without running any of the code that its file names.

torchxrayvision's files are such pickles: `torch.load` would import and call what they name. Here every name but those
of tensors stands for an inert class that keeps what it is given, so that only the tensors and their names are left.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch

# What may be called: these make tensors from numbers, and containers.
_HARMLESS = {
    ("collections", "OrderedDict"),
    ("builtins", "set"),
    ("__builtin__", "set"),
    ("torch", "Size"),
    ("torch._utils", "_rebuild_tensor"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_parameter"),
}


class _Inert:
    """Stands for an object of any class or the result of any function: keeps its attributes and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> _Inert:
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __call__(self, *_: Any, **__: Any) -> _Inert:
        return _Inert()

    def __setitem__(self, *_: Any) -> None: ...

    def append(self, *_: Any) -> None:
        """Ignore an item."""

    def extend(self, *_: Any) -> None:
        """Ignore items."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        """Return a harmless class or function itself, and for any other name a class that does nothing."""
        return super().find_class(module, name) if (module, name) in _HARMLESS else type(name, (_Inert,), {})


def _load(file: Any, **options: Any) -> Any:
    return _Unpickler(file, **options).load()


def read_pickled_module(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the state dict of the network that a file holds as a whole; empty if it holds something else.

    Raises:
        Exception: the file is damaged; torch raises nearly every type.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the source code of a class cannot be compared
        inert = SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="inert pickle")
        found = torch.load(path, map_location="cpu", weights_only=False, pickle_module=cast(Any, inert))
    return dict(_tensors(found, "", set())) if isinstance(found, _Inert) else {}


def _tensors(module: _Inert, prefix: str, seen: set[int]) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield parameters and buffers, in the order of a state dict."""
    seen.add(id(module))
    attributes = vars(module)
    for kind in ("_parameters", "_buffers"):
        for name, value in _items(attributes.get(kind)):
            if isinstance(value, torch.Tensor):
                yield f"{prefix}{name}", value.detach()
    for name, part in _items(attributes.get("_modules")):
        if isinstance(part, _Inert) and id(part) not in seen:
            yield from _tensors(part, f"{prefix}{name}.", seen)


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
