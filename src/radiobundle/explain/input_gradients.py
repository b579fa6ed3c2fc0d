"""Which pixels influence a network's output: integrated gradients, and smoothed gradients (MONAI's)."""

from __future__ import annotations

import torch
from monai.transforms import GaussianSmooth
from monai.utils import convert_to_tensor
from monai.visualize import SmoothGrad
from torch import nn

from radiobundle.explain.layers import LooksAtImage, looked_into

SMOOTHING = 1 / 64  # standard deviation, as a fraction of the image's longer side


class IntegratedGradients(LooksAtImage):
    """What each pixel adds to the logit of a label, on the way from a uniform grey image to this one.

    The sum over a map without smoothing is the logit of the image minus that of the uniform grey one ("completeness");
    smoothing loses what it spreads over the edge. Source: Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for
    Deep Networks", equations 1 and 3, by the midpoint rule.

    Args:
        network: network with logits (batch, labels).
        steps: number of images on the way.
        smoothing: smoothing of the maps, see `SMOOTHING`; without it the maximum is often a stray pixel. 0: none.
    """

    def __init__(self, network: nn.Module, *, steps: int = 32, smoothing: float = SMOOTHING) -> None:
        self.network, self.steps, self.smoothing = looked_into(network).requires_grad_(False), steps, smoothing

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width) in logits: above 0 for the label, below 0 against it.

        Args:
            images: (batch, channels, height, width), normalised as the network requires.
            label: its index.
        """
        grey = images.mean((2, 3), keepdim=True).expand_as(images)
        total = torch.zeros_like(images)
        for step in range(self.steps):
            between = (grey + (step + 0.5) / self.steps * (images - grey)).detach().requires_grad_()
            with torch.enable_grad():
                score = self.network(between)[:, label].sum()
                total += torch.autograd.grad(score, between)[0]
        maps = ((images - grey) * total / self.steps).sum(1)
        return _smooth(maps, self.smoothing)


class SmoothGradients(LooksAtImage):
    """How strongly each pixel changes the logit of a label, in either direction, over noisy copies of the image.

    The root of the sum of squared gradients, as in MONAI's `SmoothGrad`; the largest over several channels. Source:
    Smilkov et al. 2017, "SmoothGrad", section 3.2; squares: Hooker et al. 2019, "A Benchmark for Interpretability".

    Args:
        network: network with logits (batch, labels).
        copies: number of copies of the image.
        noise: standard deviation, as a fraction of the image's range.
        smoothing: see `IntegratedGradients`.
        seed: seed of the noise.
    """

    def __init__(
        self, network: nn.Module, *, copies: int = 25, noise: float = 0.15, smoothing: float = SMOOTHING, seed: int = 0
    ) -> None:
        network = looked_into(network).requires_grad_(False)
        self._gradients = SmoothGrad(network, stdev_spread=noise, n_samples=copies, verbose=False)
        self.smoothing, self.seed = smoothing, seed

    def __call__(self, images: torch.Tensor, label: int) -> torch.Tensor:
        """Return maps (batch, height, width), at least 0, in arbitrary units; arguments see `IntegratedGradients`."""
        devices = [images.device] if images.is_cuda else []
        maps = []
        for image in images:
            with torch.random.fork_rng(devices), torch.enable_grad():
                torch.manual_seed(self.seed)
                maps.append(self._gradients(image[None].detach(), label)[0].amax(0))
        return _smooth(torch.stack(maps), self.smoothing)


def _smooth(maps: torch.Tensor, fraction: float) -> torch.Tensor:
    maps = maps.detach()
    if not fraction:
        return maps
    smoothed = GaussianSmooth(fraction * max(maps.shape[1:]))(maps)
    return convert_to_tensor(smoothed, track_meta=False)
