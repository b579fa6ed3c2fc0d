"""The fourteen findings of ChestX-ray14 as shadows of the phantom. Pure: parameters in, attenuation out.

They resemble the findings as a cartoon resembles a face: enough to tell them apart, not to learn medicine from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from radiobundle.phantoms.anatomy import Anatomy, Grid, attenuation, lung_fields, smooth_noise
from radiobundle.phantoms.opacities import consolidation, ground_glass, one_lung, patch

Draw = Callable[[Anatomy, Grid, np.random.Generator, float], np.ndarray]
"""From a patient, the image's coordinates in the patient's frame, randomness (where and how large), and a strength of
about 0.05 (hard to see) to 0.25 (plain), to what a finding adds to the attenuation of a chest, (size, size); negative
where the image gets darker."""


def _disc(grid: Grid, centre: tuple[float, float], radius: float) -> np.ndarray:
    distance = np.hypot(grid.x - centre[0], grid.y - centre[1]) / radius
    return 1 / (1 + np.exp((distance - 1) * 9))


def _atelectasis(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    x, y, tilt = side * random.uniform(0.32, 0.5), random.uniform(0.1, 0.4), random.uniform(-0.4, 0.4)
    along, across = grid.x - x, grid.y - y - tilt * (grid.x - x)
    return 1.2 * strength * lung * np.exp(-((along / 0.2) ** 4) - (across / 0.035) ** 2)


def _cardiomegaly(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    large = replace(anatomy, heart_size=anatomy.heart_size * (1.1 + 1.6 * strength))
    return attenuation(large, grid) - attenuation(anatomy, grid)


def _effusion(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    level = random.uniform(0.18, 0.42) + 0.35 * (0.6 - np.clip(side * grid.x, 0, 0.6))  # the meniscus climbs outwards
    return 1.6 * strength * lung / (1 + np.exp((level - grid.y) * 30))


def _infiltration(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    return ground_glass(anatomy, grid, random, strength=0.9 * strength)


def _mass(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    centre = side * random.uniform(0.3, 0.5), random.uniform(-0.45, 0.3)
    return 1.2 * strength * lung * _disc(grid, centre, random.uniform(0.1, 0.15))


def _nodule(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    centre = side * random.uniform(0.28, 0.55), random.uniform(-0.5, 0.35)
    return 1.4 * strength * lung * _disc(grid, centre, random.uniform(0.035, 0.055))


def _pneumonia(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    centre = side * random.uniform(0.3, 0.5), random.uniform(0.0, 0.4)
    texture = smooth_noise(int(random.integers(2**31)), len(grid.x), length=0.04)
    return strength * lung * patch(grid, centre, 0.14, 0.13) * (1 + 0.4 * texture)


def _pneumothorax(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    edge = random.uniform(0.38, 0.46) - 0.25 * np.clip(-grid.y - 0.3, 0, 0.4)
    outside = 1 / (1 + np.exp((edge - side * grid.x) * 60)) / (1 + np.exp((grid.y - 0.1) * 20))
    line = np.exp(-(((side * grid.x - edge) / 0.012) ** 2)) / (1 + np.exp((grid.y - 0.1) * 20))
    return lung * strength * (0.7 * line - 0.8 * outside)


def _consolidation(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    return consolidation(anatomy, grid, random, strength=1.15 * strength)


def _edema(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    lungs = np.maximum(*lung_fields(anatomy, grid))
    texture = smooth_noise(int(random.integers(2**31)), len(grid.x), length=0.025)
    wings = np.exp(-0.5 * (((np.abs(grid.x) - 0.24) / 0.13) ** 2 + ((grid.y - 0.05) / 0.28) ** 2))
    return 0.8 * strength * lungs * wings * (1 + 0.25 * texture)


def _emphysema(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    lungs = np.maximum(*lung_fields(anatomy, grid))
    return -0.45 * strength * lungs * (1 - 0.5 * grid.y)


def _fibrosis(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    lungs = np.maximum(*lung_fields(anatomy, grid))
    mesh = np.exp(-np.abs(smooth_noise(int(random.integers(2**31)), len(grid.x), length=0.03)) * 4)
    outer = np.clip((np.abs(grid.x) - 0.25) / 0.3, 0, 1) * np.clip((grid.y + 0.3) / 0.5, 0, 1)
    return 1.1 * strength * lungs * mesh * outer


def _pleural_thickening(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    side, lung = one_lung(anatomy, grid, random)
    step = max(1, round(0.035 * len(grid.x)))
    rim = lung - lung * np.roll(lung, -side * step, axis=1)  # what leaves the lung when it is moved inwards
    y = random.uniform(-0.2, 0.2)
    return 1.1 * strength * rim * np.exp(-(((grid.y - y) / 0.3) ** 4)) * (side * grid.x > 0.3)


def _hernia(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    centre = random.uniform(0.0, 0.12), random.uniform(0.36, 0.46)
    radius = random.uniform(0.12, 0.17)
    gas = _disc(grid, (centre[0], centre[1] - 0.35 * radius), 0.55 * radius)
    return strength * (_disc(grid, centre, radius) - 1.5 * gas)


FINDINGS: dict[str, Draw] = {
    "Atelectasis": _atelectasis,
    "Cardiomegaly": _cardiomegaly,
    "Effusion": _effusion,
    "Infiltration": _infiltration,
    "Mass": _mass,
    "Nodule": _nodule,
    "Pneumonia": _pneumonia,
    "Pneumothorax": _pneumothorax,
    "Consolidation": _consolidation,
    "Edema": _edema,
    "Emphysema": _emphysema,
    "Fibrosis": _fibrosis,
    "Pleural_Thickening": _pleural_thickening,
    "Hernia": _hernia,
}
