"""The VGG-like network of the chest study."""

from __future__ import annotations

import torch
from torch import nn

from radiobundle.networks import VGGLike


def test_vgg_like_has_small_kernels_and_2048_wide_layers() -> None:
    with torch.device("meta"):
        network = VGGLike(initialisation="default")
    assert {module.kernel_size for module in network if isinstance(module, nn.Conv2d)} == {(3, 3)}
    widths = [(module.in_features, module.out_features) for module in network if isinstance(module, nn.Linear)]
    assert widths == [(16_384, 2048), (2048, 2048), (2048, 14)]
    assert network(torch.empty(2, 1, 256, 256, device="meta")).shape == (2, 14)
