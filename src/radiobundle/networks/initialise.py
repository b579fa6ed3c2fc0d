"""Named weight initialisations for whole networks."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

SCHEMES: dict[str, Callable[..., object]] = {
    "zero": nn.init.zeros_,
    "random": nn.init.normal_,
    "he": nn.init.kaiming_normal_,
    "xavier": nn.init.xavier_normal_,
}


def initialise(network: nn.Module, scheme: str) -> nn.Module:
    """Initialise every convolution and fully connected layer in place; biases become zero.

    Args:
        network: changed in place and returned.
        scheme: "default" (torch's own, nothing is touched), "zero", "random" (standard normal), "he" (He et al. 2015,
            variance 2 / fan-in) or "xavier" (Glorot and Bengio 2010, variance 2 / (fan-in + fan-out)). The report of
            the pneumonia cascade writes Xavier as variance 1 / fan-in; the formula of the cited paper is used here.

    Raises:
        ValueError: the scheme is unknown.
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
