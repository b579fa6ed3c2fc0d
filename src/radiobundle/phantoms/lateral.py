"""Draw a lateral chest image: the trunk from its left side, face to the left. Pure but for the given randomness."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from radiobundle.phantoms.anatomy import Anatomy, smooth_noise

# Where a shadow lies: x and y (from -1 to 1), radius, and sign; what is not listed is not seen from the side.
_SHADOWS = {
    "Lung Opacity": (0.0, 0.1, 0.22, 1.0),
    "Lung Lesion": (-0.05, -0.2, 0.09, 1.4),
    "Edema": (-0.02, -0.02, 0.24, 1.0),
    "Consolidation": (0.12, 0.2, 0.18, 1.2),
    "Pneumonia": (-0.2, 0.1, 0.15, 1.0),
    "Atelectasis": (0.05, 0.32, 0.08, 1.2),
    "Pneumothorax": (-0.28, -0.35, 0.2, -1.0),
    "Pleural Effusion": (0.32, 0.45, 0.2, 1.4),
    "Enlarged Cardiomediastinum": (-0.1, -0.3, 0.14, 1.0),
}


def lateral_attenuation(
    anatomy: Anatomy, findings: Collection[str], *, size_px: int, random: np.random.Generator
) -> np.ndarray:
    """Return the attenuation (size, size) of a chest from the side, about 0 (air) to 1.

    Args:
        anatomy: of the patient.
        findings: of CheXpert's observations; those that are not seen from the side change nothing.
        size_px: height and width.
        random: decides how plain the findings are.
    """
    axis = (np.arange(size_px) + 0.5) / size_px * 2 - 1
    x, y = np.meshgrid((axis - anatomy.centre_x) / anatomy.scale, (axis - anatomy.centre_y) / anatomy.scale)
    body = _inside(x / 0.62, (y - 0.1) / 1.15)
    dome = 0.45 + anatomy.diaphragm_rise + 0.5 * (x - 0.05) ** 2
    lungs = _inside((x - 0.02) / 0.46, (y + 0.12) / 0.72) / (1 + np.exp((y - dome) * 40))
    size = anatomy.heart_size * (1.25 if "Cardiomegaly" in findings else 1.0)
    heart = np.exp(-(((x + 0.2) / (0.2 * size)) ** 2) - ((y - 0.22) / (0.24 * size)) ** 2)
    spine_x = 0.42 + 0.06 * np.sin(2.2 * y)
    spine = np.exp(-(((x - spine_x) / 0.07) ** 2)) * (0.7 + 0.3 * np.cos(2 * np.pi * (y * 5.5 + anatomy.rib_phase)))
    ribs = np.cos(2 * np.pi * (y * 5 - 0.8 * x + anatomy.rib_phase)) * anatomy.rib_contrast * 0.6
    texture = smooth_noise(anatomy.texture_seed, size_px, length=0.03)
    density = body * (0.6 + anatomy.soft_tissue + ribs) - 0.38 * lungs + 0.2 * heart + 0.16 * spine * body
    density += lungs * 0.02 * anatomy.vessel_contrast * texture
    for name in findings:
        if name in _SHADOWS:
            at_x, at_y, radius, sign = _SHADOWS[name]
            strength = sign * (0.06 + 0.2 * random.beta(1.6, 2.2))
            density += strength * np.maximum(lungs, 0.2) * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / radius**2)
    return density


def _inside(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a soft ellipse of radius 1."""
    return 1 / (1 + np.exp((np.hypot(x, y) - 1) * 18))
