"""Names of other libraries are derived from the structure of the network that they are for."""

from __future__ import annotations

import re

import pytest
from monai.networks.nets import EfficientNetBN

from network_cases import torchvision_efficientnet_b0_state
from radiobundle.networks.layouts import find_layout

EFFICIENTNET = tuple(EfficientNetBN("efficientnet-b0", pretrained=False).state_dict())


def test_torchvisions_names_are_those_of_the_structure() -> None:
    theirs = torchvision_efficientnet_b0_state()
    layout = find_layout(EFFICIENTNET, theirs)
    assert layout.library == "torchvision"
    assert layout.names.keys() == theirs.keys()
    assert sorted(layout.names.values()) == sorted(EFFICIENTNET)


@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        ("features.0.1.bias", "_bn0.bias"),
        ("features.1.0.block.0.0.weight", "_blocks.0.0._depthwise_conv.weight"),
        ("features.1.0.block.1.fc1.bias", "_blocks.0.0._se_reduce.bias"),
        ("features.2.0.block.0.0.weight", "_blocks.1.1._expand_conv.weight"),
        ("features.6.3.block.2.fc2.weight", "_blocks.5.14._se_expand.weight"),
        ("features.7.0.block.3.1.running_var", "_blocks.6.15._bn2.running_var"),
        ("features.8.0.weight", "_conv_head.weight"),
        ("classifier.1.bias", "_fc.bias"),
    ],
)
def test_torchvision_counts_stages_blocks_and_steps(theirs: str, own: str) -> None:
    assert find_layout(EFFICIENTNET, torchvision_efficientnet_b0_state()).names[theirs] == own


def test_efficientnet_pytorch_numbers_blocks_through() -> None:
    theirs = [re.sub(r"_blocks\.\d+\.", "_blocks.", name) for name in EFFICIENTNET]
    layout = find_layout(EFFICIENTNET, theirs)
    assert layout.library == "EfficientNet-PyTorch"
    assert layout.names == dict(zip(theirs, EFFICIENTNET, strict=True))


def test_networks_own_names_tell_no_library() -> None:
    layout = find_layout(EFFICIENTNET, EFFICIENTNET)
    assert layout.library is None
    assert layout.names == {name: name for name in EFFICIENTNET}


def test_radimagenet_numbers_torchvisions_parts() -> None:
    resnet = ["conv1.weight", "bn1.bias", "layer4.2.bn3.running_var", "fc.weight"]
    found = find_layout(resnet, ["backbone.0.weight", "backbone.1.bias", "backbone.7.2.bn3.running_var"]).names
    assert [found[f"backbone.{rest}"] for rest in ("0.weight", "1.bias", "7.2.bn3.running_var")] == resnet[:3]
    densenet = ["features.conv0.weight", "features.denseblock1.denselayer1.layers.norm1.bias"]
    names = ["backbone.0.conv0.weight", "backbone.0.denseblock1.denselayer1.norm1.bias"]
    assert find_layout(densenet, names).names == dict(zip(names, densenet, strict=True))


def test_eva_x_names_its_packed_mlp_and_last_norm_otherwise() -> None:
    own = ["pos_embed", "blocks.0.attn.q_bias", "blocks.0.mlp.fc1.weight", "blocks.0.mlp.fc2.bias", "fc_norm.weight"]
    theirs = ["pos_embed", "blocks.0.attn.q_bias", "blocks.0.mlp.w12.weight", "blocks.0.mlp.w3.bias", "norm.weight"]
    assert find_layout(own, theirs).names == dict(zip(theirs, own, strict=True))
    assert find_layout(own, own).names == dict(zip(own, own, strict=True))
