"""Covering regions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from radiobundle.explain.occlusion import Occlusion


class Corner(nn.Module):
    """Says label 0 by the brightness of the upper left quarter, label 1 against it."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        score = images[:, :, :16, :16].sum((1, 2, 3))
        return torch.stack([score, -score], 1)


def test_map_is_what_is_lost_where_it_is_covered() -> None:
    image = torch.zeros(1, 1, 32, 32)
    image[..., 4:8, 8:12] = 1
    network = Corner().train()
    maps = Occlusion(network)(image, 0)
    assert network.training
    assert maps.shape == (1, 32, 32) and type(maps) is torch.Tensor
    lost = 16 * float(1 - image.mean())  # with all of the bright square covered
    assert lost / 2 < float(maps.max()) < lost and maps.max() == maps[0, 4:8, 8:12].max()
    assert maps[0, 20:].abs().max() < 1e-4  # nothing there counts
    torch.testing.assert_close(Occlusion(network)(image, 1), -maps)


def test_patch_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="fraction of the image's sides"):
        Occlusion(Corner(), patch=0)
