"""Images whose evidence has a known place, and networks that learn it in seconds.

A board on which about every second field holds a disc with fine horizontal stripes, and noise around them. Where one
disc is striped the other way, the image is of class 1; where one is chequered, of class 2. All discs are as bright and
as rich in contrast as each other, so that what merely follows brightness or edges finds the odd one by chance, and the
number of discs tells nothing, so that no network can do without the odd one.
"""

from __future__ import annotations

import math
from collections import deque

import torch
from torch import nn

from radiobundle.networks import LogOdds
from radiobundle.networks.batch_norm import measure_batch_norm

CELL_PX, RADIUS = 32, 0.4  # a cell holds a disc of this radius, as a fraction of its side
FILLED = 0.6  # of the other cells
PERIOD_PX = 4
HORIZONTAL, VERTICAL, CHEQUERED = range(3)
LEARNED, CALM = 0.02, 5  # a network has learned when its loss stays below this for as many steps


def boards(kinds: torch.Tensor, *, cells: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (batch, 1, side, side) of `cells` x `cells` cells, and the cell of each that is of its kind."""
    generator = torch.Generator().manual_seed(seed)
    side = cells * CELL_PX
    wave = torch.sin(torch.arange(side) * 2 * torch.pi / PERIOD_PX + 0.5).sign()
    across, down = wave.expand(side, side), wave[:, None].expand(side, side)
    patterns = torch.stack([down, across, across * down])
    odd = torch.randint(cells**2, (len(kinds),), generator=generator)
    offset = (torch.arange(side) % CELL_PX + 0.5) / CELL_PX - 0.5
    disc = offset[:, None] ** 2 + offset**2 < RADIUS**2
    cell = torch.arange(side) // CELL_PX
    is_odd = (cell[:, None] * cells + cell)[None] == odd[:, None, None]
    is_filled = torch.rand(len(kinds), cells**2, generator=generator) < FILLED
    others = patterns[HORIZONTAL] * is_filled[:, cell[:, None] * cells + cell]
    stripes = torch.where(is_odd, patterns[kinds], others) * disc
    return stripes[:, None] + 0.25 * torch.randn(len(kinds), 1, side, side, generator=generator), odd


def is_in_cell(spot: tuple[float, float], cell: int, *, cells: int) -> bool:
    """Whether x and y, as fractions of the sides, lie in a cell; not on the disc in it, since the maps of networks
    without padding leave out the rim of the image and are stretched over it."""
    return (spot[0] * cells // 1, spot[1] * cells // 1) == (cell % cells, cell // cells)


def teach(
    network: nn.Module, *, steps: int, rate: float, cells: int, classes: int = 2, batch: int = 8,
    learned: float = LEARNED,
) -> None:  # fmt: skip
    """Train a network until it tells the kinds apart, and leave it in evaluation mode with these images' statistics."""
    optimizer = torch.optim.Adam(network.parameters(), rate, fused=True)
    network.train()
    losses: deque[float] = deque([math.inf] * CALM, maxlen=CALM)
    for step in range(steps):
        kinds = torch.arange(batch) % classes
        logits = network(boards(kinds, cells=cells, seed=step)[0])
        logits = LogOdds()(logits) if logits.shape[1] == 3 * classes else logits
        optimizer.zero_grad()
        if classes > 2:  # of a cascade, whose outputs are log-probabilities
            loss = nn.functional.nll_loss(logits, kinds)
        else:  # each logit by itself, as of labels that may occur together
            loss = nn.functional.binary_cross_entropy_with_logits(logits, nn.functional.one_hot(kinds, classes).float())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if max(losses) < learned:
            break
    measure_batch_norm(network, some_boards(cells=cells, classes=classes), "cpu")  # a few steps have not settled them
    network.eval()


def some_boards(*, cells: int, classes: int) -> list[torch.Tensor]:
    """Return two batches of all kinds."""
    return [boards(torch.arange(16) % classes, cells=cells, seed=seed)[0] for seed in (1000, 1001)]
