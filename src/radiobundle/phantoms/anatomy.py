"""Draw a frontal chest image from a handful of numbers. Pure: parameters in, pixels out; no randomness but the given.

Coordinates: x and y run from -1 to 1 across the image, y downwards; the patient's right is on the viewer's left. The
figure is a map of attenuation (0 air, 1 dense) whose parts are added and then exposed like an image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Anatomy:
    """One patient on one image; lengths in half image widths, angles in radians, the rest relative."""

    centre_x: float
    centre_y: float
    scale: float
    tilt: float
    chest_width: float
    lung_height: float
    heart_size: float
    diaphragm_rise: float
    rib_contrast: float
    rib_slope: float
    rib_phase: float
    vessel_contrast: float
    soft_tissue: float
    unevenness: float
    slant_x: float
    slant_y: float
    exposure: float
    gamma: float
    noise: float
    blur: float
    marker_left: bool
    texture_seed: int


@dataclass(frozen=True)
class Grid:
    """Image coordinates in the patient's frame, float arrays (size, size)."""

    x: np.ndarray
    y: np.ndarray


def draw_anatomy(random: np.random.Generator) -> Anatomy:
    """Draw one patient, position and exposure at random."""
    return Anatomy(
        centre_x=random.normal(0, 0.05),
        centre_y=random.normal(0.0, 0.06),
        scale=random.uniform(0.88, 1.12),
        tilt=random.normal(0, 0.05),
        chest_width=random.normal(1.0, 0.05),
        lung_height=random.normal(1.0, 0.06),
        heart_size=random.normal(1.0, 0.09),
        diaphragm_rise=random.normal(0, 0.05),
        rib_contrast=random.uniform(0.055, 0.12),
        rib_slope=random.uniform(0.7, 1.2),
        rib_phase=random.uniform(0, 1),
        vessel_contrast=random.uniform(0.5, 1.3),
        soft_tissue=random.normal(0.0, 0.025),
        unevenness=random.uniform(0.015, 0.045),
        slant_x=random.normal(0, 0.04),
        slant_y=random.normal(0, 0.05),
        exposure=random.normal(0, 0.07),
        gamma=random.uniform(0.8, 1.3),
        noise=random.uniform(0.008, 0.022),
        blur=random.uniform(0.3, 0.8),
        marker_left=bool(random.random() < 0.4),
        texture_seed=int(random.integers(2**31)),
    )


def patient_grid(anatomy: Anatomy, size_px: int) -> Grid:
    """Return the image's coordinates in the patient's frame (shifted, turned, scaled)."""
    axis = (np.arange(size_px) + 0.5) / size_px * 2 - 1
    x, y = np.meshgrid(axis - anatomy.centre_x, axis - anatomy.centre_y)
    cos, sin = np.cos(anatomy.tilt), np.sin(anatomy.tilt)
    return Grid((cos * x + sin * y) / anatomy.scale, (cos * y - sin * x) / anatomy.scale)


def lung_fields(anatomy: Anatomy, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return soft masks (size, size) in 0..1 of the patient's right and left lung."""
    return _lung(anatomy, grid, side=-1), _lung(anatomy, grid, side=1)


def attenuation(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    """Return the normal chest as attenuation (size, size), about 0 (air) to 1 (bone over soft tissue)."""
    lungs = np.maximum(*lung_fields(anatomy, grid))
    body = _body(anatomy, grid)
    density = body * (0.62 + anatomy.soft_tissue + 0.08 * _smoothstep(grid.y, 0.3, 0.9))
    # Muscle, fat and clothing are uneven, and the tube is never quite centred.
    density += body * anatomy.unevenness * smooth_noise(anatomy.texture_seed + 2, len(grid.x), length=0.16)
    density += body * (anatomy.slant_x * grid.x + anatomy.slant_y * grid.y)
    density -= 0.40 * lungs * (1 - 0.25 * np.abs(grid.y - 0.05))
    density += _mediastinum(anatomy, grid) + _spine(anatomy, grid)
    density += body * (_ribs(anatomy, grid) + _shoulder_girdle(anatomy, grid))
    density += lungs * _vessels(anatomy, grid)
    density += 0.10 * body * _below_diaphragm(anatomy, grid)
    return density


def expose(anatomy: Anatomy, density: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Turn attenuation into a noisy image, uint8 (size, size), bright where dense, with its L or R marker."""
    size_px = len(density)
    image = gaussian_filter(density, anatomy.blur * size_px / 150)
    image = np.clip(0.04 + image * (1 + anatomy.exposure) + 0.5 * anatomy.exposure, 0, None)
    image = 1.06 * (1 - np.exp(-1.6 * image**1.25)) ** anatomy.gamma
    grain = random.standard_normal(density.shape) * (0.5 + image)
    image += anatomy.noise * gaussian_filter(grain, 0.45) * 1.3
    _burn_marker(image, anatomy)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def smooth_noise(seed: int, size_px: int, *, length: float) -> np.ndarray:
    """Return a random texture (size, size) of mean 0 and deviation 1; `length` of its lumps in half image widths."""
    random = np.random.default_rng(seed)
    texture = gaussian_filter(random.standard_normal((size_px, size_px)), length * size_px / 2, mode="wrap")
    return (texture - texture.mean()) / texture.std()


def _smoothstep(value: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _bump(value: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-0.5 * (value / width) ** 2)


def _body(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    # Neck, sloping shoulders, then the trunk.
    half = 0.26 + 0.62 * _smoothstep(grid.y, -1.12, -0.62) * anatomy.chest_width
    half = half + 0.16 * anatomy.chest_width * _smoothstep(grid.y, -0.95, -0.55) * _smoothstep(-grid.y, -0.45, 0.35)
    half = half - 0.04 * _smoothstep(grid.y, -0.1, 0.7)
    edge = _smoothstep(half - np.abs(grid.x), -0.02, 0.10)
    return edge * (0.80 + 0.20 * _smoothstep(half - np.abs(grid.x), 0.0, 0.45))


def _diaphragm(anatomy: Anatomy, x: np.ndarray, side: int) -> np.ndarray:
    """Return the height of the dome over x; the liver lifts the right one."""
    top = (0.50 if side < 0 else 0.57) * anatomy.lung_height + anatomy.diaphragm_rise
    outward = side * x
    return top + 1.15 * (outward - 0.34) ** 2 * np.where(outward > 0.34, 1.9, 0.9)


def _lung(anatomy: Anatomy, grid: Grid, *, side: int) -> np.ndarray:
    outward = side * grid.x / anatomy.chest_width
    down = (grid.y + 0.80 * anatomy.lung_height) / (1.6 * anatomy.lung_height)  # 0 apex, 1 deepest sulcus
    reach = np.clip(down, 0, 1)
    outer = _chest_wall(reach)
    inner = 0.10 + 0.03 * np.sin(np.pi * reach)
    if side > 0:
        heart_edge = 0.34 * anatomy.heart_size * _bump(grid.y - 0.36, 0.27)
        inner = np.maximum(inner, 0.06 + heart_edge)
    else:
        inner = inner + 0.06 * anatomy.heart_size * _bump(grid.y - 0.32, 0.2)
    apex = grid.y + 0.80 * anatomy.lung_height - 2.2 * (outward - 0.27) ** 2
    inside = np.minimum.reduce([outer - outward, outward - inner, apex, _diaphragm(anatomy, grid.x, side) - grid.y])
    return _smoothstep(inside, -0.012, 0.045)


def _chest_wall(reach: np.ndarray) -> np.ndarray:
    """Return the inner half width of the rib cage, from the apex (reach 0) to the deepest sulcus (1)."""
    return 0.30 + 0.43 * np.sin(np.pi / 2 * np.clip(reach * 1.55, 0, 1)) ** 0.9 + 0.03 * reach


def _mediastinum(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    heart = ((grid.x - 0.10) / (0.30 * anatomy.heart_size)) ** 2 + ((grid.y - 0.34) / 0.30) ** 2
    shape = 0.13 * _smoothstep(-heart, -1.25, -0.35)
    shape += 0.09 * _bump(grid.x, 0.085) * _smoothstep(grid.y, -1.0, -0.5)
    knob = ((grid.x - 0.10) / 0.075) ** 2 + ((grid.y + 0.28) / 0.085) ** 2
    trachea = _bump(grid.x + 0.005, 0.03) * _smoothstep(-grid.y, 0.20, 0.32)
    return shape + 0.06 * np.exp(-knob) - 0.09 * trachea


def _spine(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    column = _bump(grid.x, 0.062)
    discs = 0.5 + 0.5 * np.cos(2 * np.pi * (grid.y * 6.2 + anatomy.rib_phase))
    return column * (0.10 + 0.09 * discs)


def _ribs(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    x = np.abs(grid.x) / anatomy.chest_width
    spacing = 0.158 * anatomy.lung_height
    wall = _chest_wall(np.clip((grid.y + 0.80 * anatomy.lung_height) / (1.6 * anatomy.lung_height), 0, 1))
    cage = _smoothstep(wall + 0.07 - x, -0.01, 0.03) * _smoothstep(x, 0.05, 0.12)
    span = _smoothstep(grid.y, -0.95, -0.75) * _smoothstep(-grid.y, -0.95, -0.45)
    # Posterior ribs leave the spine upwards and fall towards the side; anterior ones climb back, fainter.
    posterior = grid.y - anatomy.rib_slope * (0.62 * (x - 0.28) ** 2 + 0.10 * x) * (1 + 0.5 * (grid.y + 0.5))
    anterior = grid.y + 0.62 * anatomy.rib_slope * (x - 0.75) - 0.30 * x**2
    shadow = _rib_profile(posterior / spacing + anatomy.rib_phase, 0.17)
    front = _rib_profile(anterior / spacing + anatomy.rib_phase + 0.35, 0.20) * _smoothstep(x, 0.28, 0.5)
    edge = 1 + 0.8 * _bump(x - wall - 0.02, 0.05)
    return anatomy.rib_contrast * cage * span * (shadow * edge + 0.40 * front)


def _rib_profile(turns: np.ndarray, half_width: float) -> np.ndarray:
    """Return a periodic band with brighter rims, as the cortex of a tube gives."""
    offset = np.abs(turns - np.rint(turns))
    return _smoothstep(half_width - offset, -0.05, 0.03) * (0.75 + 0.55 * _bump(offset - half_width, 0.06))


def _shoulder_girdle(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    x = np.abs(grid.x) / anatomy.chest_width
    clavicle_y = -0.63 - 0.22 * (x - 0.1) + 0.07 * np.sin(2.2 * np.pi * (x - 0.1))
    clavicle = _rib_profile((grid.y - clavicle_y) / 0.16 * 0.8, 0.17) * (np.abs(grid.y - clavicle_y) < 0.09)
    clavicle *= _smoothstep(x, 0.07, 0.12) * _smoothstep(-x, -0.78, -0.70)
    blade = ((x - 0.80) / 0.13) ** 2 + ((grid.y + 0.42) / 0.34) ** 2
    head = ((x - 0.93) / 0.13) ** 2 + ((grid.y + 0.56) / 0.14) ** 2
    bones = 0.13 * clavicle + 0.07 * _smoothstep(-blade, -1.3, -0.7) + 0.12 * _smoothstep(-head, -1.25, -0.7)
    return bones


def _vessels(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    size_px = len(grid.x)
    fine = smooth_noise(anatomy.texture_seed, size_px, length=0.022)
    coarse = smooth_noise(anatomy.texture_seed + 1, size_px, length=0.05)
    # Ridges of noise look like branching vessels; they thin out from the hilum to the periphery.
    ridges = np.exp(-np.abs(fine) * 2.5) - 0.35
    hilum_distance = np.hypot((np.abs(grid.x) - 0.17) / 1.0, (grid.y - 0.02) / 1.25)
    near = _bump(hilum_distance, 0.30)
    return anatomy.vessel_contrast * (0.17 * near * ridges + 0.10 * _bump(hilum_distance, 0.12) + 0.012 * coarse)


def _below_diaphragm(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    right = _smoothstep(grid.y - _diaphragm(anatomy, grid.x, -1), 0, 0.06) * (grid.x < 0)
    left = _smoothstep(grid.y - _diaphragm(anatomy, grid.x, 1), 0, 0.06) * (grid.x >= 0)
    bubble = np.exp(-(((grid.x - 0.33) / 0.13) ** 2 + ((grid.y - 0.80) / 0.08) ** 2) * 1.5)
    return right + 0.8 * left - 1.3 * bubble * left


_GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}


def _burn_marker(image: np.ndarray, anatomy: Anatomy) -> None:
    size_px = len(image)
    glyph = np.array([[int(bit) for bit in row] for row in _GLYPHS["L" if anatomy.marker_left else "R"]])
    factor = max(1, round(size_px / 150))
    glyph = np.kron(glyph, np.ones((factor, factor), dtype=int))
    top = round((0.07 + 0.10 * (anatomy.rib_phase)) * size_px)
    left = round(0.05 * size_px)
    if anatomy.marker_left:
        left = size_px - left - glyph.shape[1]
    area = image[top : top + glyph.shape[0], left : left + glyph.shape[1]]
    area[glyph[: area.shape[0], : area.shape[1]] == 1] = 0.97
