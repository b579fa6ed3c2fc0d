"""Shadows that disease adds to the lungs of the phantom. Pure: parameters in, attenuation out."""

from __future__ import annotations

import numpy as np

from radiobundle.phantoms.anatomy import Anatomy, Grid, lung_fields, smooth_noise


def ground_glass(anatomy: Anatomy, grid: Grid, random: np.random.Generator, *, strength: float) -> np.ndarray:
    """Return hazy patches (size, size) in the outer, lower zones of both lungs."""
    added = np.zeros_like(grid.x)
    texture = smooth_noise(int(random.integers(2**31)), len(grid.x), length=0.035)
    for side, lung in zip((-1, 1), lung_fields(anatomy, grid), strict=True):
        for _ in range(int(random.integers(1, 4))):
            centre = side * random.uniform(0.38, 0.66), random.uniform(-0.25, 0.42)
            spot = patch(grid, centre, random.uniform(0.10, 0.20), random.uniform(0.12, 0.26))
            added += strength * random.uniform(0.5, 1.0) * lung * spot * (1 + 0.30 * texture)
    return np.clip(added, 0, 1.6 * strength)


def consolidation(anatomy: Anatomy, grid: Grid, random: np.random.Generator, *, strength: float) -> np.ndarray:
    """Return one dense, fairly sharp shadow (size, size) in one zone of one lung."""
    side, lung = one_lung(anatomy, grid, random)
    centre = side * random.uniform(0.26, 0.56), random.uniform(-0.45, 0.45)
    spot = patch(grid, centre, random.uniform(0.15, 0.28), random.uniform(0.14, 0.27))
    texture = smooth_noise(int(random.integers(2**31)), len(grid.x), length=0.06)
    shape = 1 / (1 + np.exp(-(spot + 0.08 * texture - 0.45) * 9))
    return strength * random.uniform(0.6, 1.1) * lung * shape


def one_lung(anatomy: Anatomy, grid: Grid, random: np.random.Generator) -> tuple[int, np.ndarray]:
    """Return the side of one of the lungs, -1 or 1, and its field (size, size)."""
    side = int(random.choice([-1, 1]))
    return side, lung_fields(anatomy, grid)[0 if side < 0 else 1]


def patch(grid: Grid, centre: tuple[float, float], width: float, height: float) -> np.ndarray:
    """Return a soft spot (size, size) of height 1; sizes in half image widths."""
    return np.exp(-0.5 * (((grid.x - centre[0]) / width) ** 2 + ((grid.y - centre[1]) / height) ** 2))
