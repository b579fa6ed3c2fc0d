"""Counts the operators that launch something on a device, part by part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ALLOCATES_ONLY = ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "lift_fresh", "detach")


class OperatorCount(TorchDispatchMode):
    """Counts operators with a tensor on the device among their arguments or results, while it is entered.

    Views and allocations launch nothing and do not count, nor does what happens on another device. A foreach or fused
    operator counts once.

    Args:
        device: type of the device.

    Attributes:
        found: part -> name of the operator -> how often it ran.

    >>> with OperatorCount("cpu") as count, count.within("sum"):
    ...     _ = torch.ones(3).view(3, 1).sum()
    >>> dict(count.found["sum"])
    {'ones': 1, 'sum': 1}
    """

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.found: dict[str, Counter[str]] = defaultdict(Counter)
        self._part = "others"

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if not func.is_view and name not in ALLOCATES_ONLY and self._is_here((args, kwargs, result)):
            self.found[self._part][name] += 1
        return result

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count as a part what runs in here, but for inner parts."""
        outer, self._part = self._part, part
        try:
            yield
        finally:
            self._part = outer

    def marked(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with all that runs in it counted as a part."""

        @wraps(function, updated=())
        def run(*args: Any, **kwargs: Any) -> Any:
            with self.within(part):
                return function(*args, **kwargs)

        return run

    def total(self, part: str) -> int:
        """Return the number of operators of a part."""
        return sum(self.found[part].values())

    def _is_here(self, values: Any) -> bool:
        return any(isinstance(leaf, torch.Tensor) and leaf.device.type == self.device for leaf in tree_leaves(values))
