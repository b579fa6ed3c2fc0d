"""Copies of a network that run at the same time, each in a thread of its own."""

from __future__ import annotations

import copy
import functools
from types import FunctionType, MethodType
from typing import Any, TypeVar

from torch import nn

from radiobundle.networks.folding import is_compiled

T = TypeVar("T")
_PACKAGES = ("torch", "torchvision", "monai", "timm", "radiobundle")  # whose code keeps nothing outside the module
_FUNCTIONS = (FunctionType, MethodType, functools.partial)


def replicate(network: nn.Module, more: T, count: int) -> list[tuple[nn.Module, T]]:
    """Return copies of a network and of what belongs to it, such as an object with a hook on it; parameters are shared.

    Copies keep apart what a forward pass writes to a module or a buffer. They cannot do so for what a function writes
    elsewhere, so that other people's code, in a module, a hook or a method that was replaced, is not run in several
    threads.

    Raises:
        ValueError: there is such code, or a part is compiled, or cannot be copied; the message says which.
    """
    if is_compiled(network):
        raise ValueError("a part of it is compiled")
    for module in network.modules():
        hooks = (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
        replaced = (value for value in vars(module).values() if isinstance(value, _FUNCTIONS))
        for code in (type(module), *hooks, *replaced):
            require_own_state(code)
    parameters = {id(parameter): parameter for parameter in network.parameters()}
    try:
        return [copy.deepcopy((network, more), dict(parameters)) for _ in range(count)]
    except Exception as error:  # a module may hold anything
        raise ValueError(f"it cannot be copied ({error})") from error


def require_own_state(code: Any) -> None:
    """Raise ValueError for a class or function, or a step of a `Compose`, of a package that is not known to us."""
    for step in getattr(code, "transforms", ()):
        require_own_state(step)
    module = getattr(code, "__module__", None) or ""
    if module.partition(".")[0] not in _PACKAGES:
        name = getattr(code, "__qualname__", type(code).__name__)
        raise ValueError(f"{module}.{name} may not be meant for several threads")
