"""Every method on every network that ships: the heat is where the evidence is, and only because of the weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean
from typing import Any

import pytest
import torch
from monai.networks.nets import DenseNet121, DenseNet169, EfficientNetBN, ResNet, resnet18
from torch import nn

from bundle_runs import BUNDLES
from evidence_cases import LEARNED, VERTICAL, boards, is_in_cell, some_boards, teach
from heat_map_sanity import without_weights
from radiobundle.explain.input_gradients import IntegratedGradients, SmoothGradients
from radiobundle.explain.methods import METHODS, Explanation, check_methods, explain_by
from radiobundle.explain.occlusion import Occlusion
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.networks import (
    Cascade,
    SimpleCNN,
    ThoraxBaseline,
    ThoraxModifiedV1,
    ThoraxModifiedV2,
    ThreeBlockCNN,
    UncertainClasses,
    VGGLike,
    efficientnet_lite0,
    torchvision_efficientnet,
)
from transformer_case import SmallTransformer

pytestmark = pytest.mark.slow
SIZE = {"image_size_px": (64, 64), "num_classes": 2}
RESNET: dict[str, Any] = {
    "spatial_dims": 2, "n_input_channels": 1, "num_classes": 2, "conv1_t_stride": 2, "bias_downsample": False,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A network, and what it takes to teach it.

    Attributes:
        build: with logits of two classes.
        steps: of training at most, with Adam.
        rate: of learning.
        board: discs in a row where class activation maps are judged; networks of any image size are taught two by two
            and judged on more, where their last map, of 32 pixels a cell, can tell discs apart.
        classes: to teach.
        learned: loss below which it has learned; at the usual one, ResNet50's blocks do not yet always tell the kinds
            apart by the disc, so that it depended on a processor's rounding what gradients found.
        misled: methods that do not find the disc, or with some starts only, which docs/explain.md says.
    """

    build: Callable[[], nn.Module]
    steps: int
    rate: float = 1e-3
    board: int = 2
    classes: int = 2
    learned: float = LEARNED
    misled: frozenset[str] = frozenset()


def bottlenecks() -> nn.Module:
    """The blocks of ResNet50, one a stage and half as wide: they learn in seconds, the whole network in a minute."""
    return ResNet("bottleneck", [1, 1, 1, 1], [32, 64, 128, 256], **RESNET)


def cascade() -> nn.Module:
    first: Any = {"network": SimpleCNN(num_classes=2), "labels": ["horizontal", "odd"]}
    second: Any = {"network": SimpleCNN(num_classes=2), "labels": ["vertical", "chequered"], "refines": "odd"}
    return Cascade([first, second], labels=["horizontal", "vertical", "chequered"])


# Blocks that see the whole image (squeeze and excitation, attention) need not keep evidence where it is.
GATED = frozenset({"gradcam", "gradcam++", "smoothgrad"})
ALL_BUT_OCCLUSION = frozenset(METHODS) - {"occlusion"}
CASES = {
    "resnet18": Case(lambda: resnet18(**RESNET), 25, 2e-3, board=4),
    "resnet50": Case(bottlenecks, 100, 2e-3, board=4, learned=LEARNED / 10),
    "DenseNet121": Case(lambda: DenseNet121(2, 1, 2), 20, 2e-3, board=4),
    "DenseNet169": Case(lambda: DenseNet169(2, 1, 2, block_config=(2, 2, 2, 2)), 40, 2e-3, board=4),  # else as 121
    "EfficientNetBN": Case(
        lambda: EfficientNetBN("efficientnet-b4", pretrained=False, in_channels=1, num_classes=2),
        20,
        2e-3,
        misled=GATED,
    ),
    "torchvision_efficientnet": Case(
        lambda: torchvision_efficientnet("efficientnet-b0", in_channels=1, num_classes=2), 30, 2e-3, misled=GATED
    ),
    "efficientnet_lite0": Case(
        lambda: efficientnet_lite0(in_channels=1, num_classes=2), 60, 2e-3, misled=ALL_BUT_OCCLUSION
    ),
    "ThreeBlockCNN": Case(lambda: ThreeBlockCNN(**SIZE), 150),
    "ThoraxBaseline": Case(lambda: ThoraxBaseline(**SIZE), 200),
    "ThoraxBaseline, improved": Case(lambda: ThoraxBaseline(**SIZE, batch_norm=True, dropout=0.5), 150),
    "ThoraxModifiedV1": Case(lambda: ThoraxModifiedV1(num_classes=2), 120),
    "ThoraxModifiedV2": Case(lambda: ThoraxModifiedV2(**SIZE), 200),
    "VGGLike": Case(lambda: VGGLike(**SIZE), 40),
    "SimpleCNN": Case(lambda: SimpleCNN(num_classes=2), 150),
    "Cascade": Case(cascade, 300, classes=3),
    "UncertainClasses": Case(lambda: UncertainClasses(SimpleCNN(num_classes=6)), 150),
}
TRANSFORMERS = {
    f"transformer, {pool}": Case(lambda pool=pool: SmallTransformer(num_classes=2, pool=pool), 400, misled=GATED)
    for pool in ("token", "mean")
}
NO_NETWORKS = {"LogOdds", "freeze_all_but", "chain_stages"}


def test_every_network_that_ships_is_explained_here() -> None:
    found: set[str] = set()

    def collect(content: Any) -> None:
        if isinstance(content, dict):
            target = str(content.get("_target_", ""))
            if target.startswith(("radiobundle.networks.", "monai.networks.")):
                found.add(target.rpartition(".")[2])
            content = list(content.values())
        if isinstance(content, list):
            for value in content:
                collect(value)

    for bundle in BUNDLES:
        for path in (bundle / "configs").rglob("*.json"):
            collect(json.loads(path.read_text()))
    assert len(found) > 10
    assert found - NO_NETWORKS <= set(CASES)


def quick(name: str, network: nn.Module) -> Explanation:
    """The method with less work than usual; the discs are large."""
    if name == "occlusion":
        return Occlusion(network, patch=0.5)
    if name == "integrated-gradients":
        return IntegratedGradients(network, steps=4)
    return SmoothGradients(network, copies=3) if name == "smoothgrad" else explain_by(name, network)


def hit_rate(name: str, network: nn.Module, *, cells: int, count: int = 8) -> float:
    """How often the hottest spot lies where the disc is that makes the image one of its class."""
    images, odd = boards(torch.full((count,), VERTICAL), cells=cells, seed=77)
    maps = quick(name, network)(images, VERTICAL)
    assert maps.shape == (count, *images.shape[2:])
    spots = [hottest_spot(heat.clamp_min(0).numpy()) for heat in maps]
    return sum(is_in_cell(spot, int(cell), cells=cells) for spot, cell in zip(spots, odd, strict=True)) / count


@pytest.mark.parametrize("name", CASES | TRANSFORMERS)
def test_heat_is_on_the_evidence_and_leaves_it_with_the_weights(name: str) -> None:
    case = (CASES | TRANSFORMERS)[name]
    torch.manual_seed(0)
    network = case.build().to(memory_format=torch.channels_last)  # as a bundle's; convolutions of small maps are faster
    teach(network, steps=case.steps, rate=case.rate, cells=2, classes=case.classes, learned=case.learned)
    methods = {name: method for name, method in METHODS.items() if name not in case.misled}
    board = {name: case.board if method.looks_at_layer else 2 for name, method in methods.items()}
    taught = {name: hit_rate(name, network, cells=board[name]) for name in methods}
    settling = some_boards(cells=2, classes=case.classes)
    drawn = [without_weights(network, settling, seed=seed) for seed in (1, 2)]
    random = {name: mean(hit_rate(name, other, cells=board[name], count=4) for other in drawn) for name in methods}
    assert min(taught.values()) >= 0.75, (taught, random)
    assert mean(taught.values()) - mean(random.values()) >= 0.3, (taught, random)


def test_wrong_names_are_answered_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="'gradcm' is not known; did you mean 'gradcam'"):
        check_methods(["gradcm"])
    with pytest.raises(ValueError, match=r"no gradients.*give `method` occlusion"):
        check_methods(["occlusion", "smoothgrad"], has_gradients=False)
    with pytest.raises(ValueError, match="uses no layer; give `method` gradcam or gradcam"):
        check_methods(["occlusion"], layer="layer4")
