"""What the studies' networks have in common."""

from __future__ import annotations

import pytest
import torch

from radiobundle.networks import SimpleCNN, ThoraxBaseline, ThoraxModifiedV1, ThoraxModifiedV2, VGGLike

SIZED = {"baseline": ThoraxBaseline, "modified_v2": ThoraxModifiedV2, "vgg_like": VGGLike}


ANY_SIZE = {"modified_v1": ThoraxModifiedV1, "simple": SimpleCNN}


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize("size_px", [(64, 64), (56, 80)])
def test_other_sizes_work_too(name: str, size_px: tuple[int, int]) -> None:
    network = SIZED[name](image_size_px=size_px, in_channels=3, num_classes=5).eval()
    assert network(torch.rand(2, 3, *size_px)).shape == (2, 5)


@pytest.mark.parametrize("name", ANY_SIZE)
def test_networks_of_any_size_take_any_size(name: str) -> None:
    network = ANY_SIZE[name](num_classes=5).eval()
    for size_px in ((40, 40), (33, 64)):
        assert network(torch.rand(2, 1, *size_px)).shape == (2, 5)


@pytest.mark.parametrize("name", SIZED)
def test_image_too_small_for_the_stages_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="too small"):
        SIZED[name](image_size_px=(16, 16))
