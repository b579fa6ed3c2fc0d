"""Images for the transforms."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(8, 1, 20, 24, generator=torch.Generator().manual_seed(0))
