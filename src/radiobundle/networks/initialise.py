"""Named weight initialisations for whole networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

SCHEMES: dict[str, Callable[..., object]] = {
    "zero": nn.init.zeros_,
    "random": nn.init.normal_,
    "he": nn.init.kaiming_normal_,
    "xavier": nn.init.xavier_normal_,
    "xavier_fan_in": partial(nn.init.kaiming_normal_, nonlinearity="linear"),
}


def initialise(network: nn.Module, scheme: str) -> nn.Module:
    """Initialise every convolution and fully connected layer in place; biases become zero.

    Args:
        network: changed in place and returned.
        scheme: "default" (torch's own, nothing is touched), "zero", "random" (standard normal), "he" (He et al. 2015,
            variance 2 / fan-in), "xavier" (Glorot and Bengio 2010, variance 2 / (fan-in + fan-out)) or "xavier_fan_in"
            (variance 1 / fan-in, which the first ChestX-ray14 study and the pneumonia cascade call Xavier).

    Raises:
        ValueError: the scheme is unknown.

    >>> initialise(nn.Linear(2, 1), "zero").weight.tolist()
    [[0.0, 0.0]]
    """
    if scheme == "default":
        return network
    if scheme not in SCHEMES:
        raise ValueError(f"initialisation must be one of default, {', '.join(SCHEMES)}; got '{scheme}'")
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            SCHEMES[scheme](module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
