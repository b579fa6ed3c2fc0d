"""The observations of CheXpert as shadows of the phantom: those of ChestX-ray14 under CheXpert's names, and four more.

Pure: parameters in, attenuation out.
"""

from __future__ import annotations

import numpy as np

from radiobundle.phantoms.anatomy import Anatomy, Grid
from radiobundle.phantoms.findings import FINDINGS, Draw


def _enlarged_cardiomediastinum(
    anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float
) -> np.ndarray:
    width = random.uniform(0.13, 0.18)
    return 0.9 * strength * np.exp(-0.5 * (grid.x / width) ** 2 - 0.5 * ((grid.y + 0.35) / 0.25) ** 2)


def _lesion(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    return FINDINGS["Mass" if random.random() < 0.4 else "Nodule"](anatomy, grid, random, strength)


def _fracture(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    x, y = random.choice([-1, 1]) * random.uniform(0.5, 0.62), random.uniform(-0.3, 0.3)
    along, across = grid.x - x, grid.y - y - 0.9 * (grid.x - x)
    step = np.exp(-((along / 0.05) ** 2))
    return strength * step * (np.exp(-((across / 0.02) ** 2)) - np.exp(-(((across - 0.05) / 0.02) ** 2)))


def _support_devices(anatomy: Anatomy, grid: Grid, random: np.random.Generator, strength: float) -> np.ndarray:
    """A line from a shoulder to the heart, as thick as a few pixels, and an electrode."""
    side, end = random.choice([-1, 1]), random.uniform(-0.1, 0.2)
    path = side * 0.5 * np.clip((end - grid.y) / (end + 0.8), 0, 1) ** 1.5
    line = np.exp(-(((grid.x - path) / 0.014) ** 2)) * (grid.y < end)
    electrode = np.hypot(grid.x + side * random.uniform(0.3, 0.5), grid.y - random.uniform(-0.4, 0.4)) < 0.035
    return (0.12 + strength) * (line + 1.2 * electrode)


OBSERVATIONS: dict[str, Draw] = {
    "Enlarged Cardiomediastinum": _enlarged_cardiomediastinum,
    "Cardiomegaly": FINDINGS["Cardiomegaly"],
    "Lung Opacity": FINDINGS["Infiltration"],
    "Lung Lesion": _lesion,
    "Edema": FINDINGS["Edema"],
    "Consolidation": FINDINGS["Consolidation"],
    "Pneumonia": FINDINGS["Pneumonia"],
    "Atelectasis": FINDINGS["Atelectasis"],
    "Pneumothorax": FINDINGS["Pneumothorax"],
    "Pleural Effusion": FINDINGS["Effusion"],
    "Pleural Other": FINDINGS["Pleural_Thickening"],
    "Fracture": _fracture,
    "Support Devices": _support_devices,
}
