"""Draw bones in soft tissue. Pure: lengths in half image sides and radians in, attenuation out.

Coordinates as in `anatomy`: x and y run from -1 to 1, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from radiobundle.phantoms.anatomy import Grid

Point = tuple[float, float]

BONE, FLESH, METAL = 0.34, 0.22, 1.2  # attenuation per unit of relative thickness
_SKIN = 0.05  # over which flesh fades out


@dataclass(frozen=True)
class Bone:
    """A tube from one joint to the next, thinner along its shaft; with equal ends it is a ball or a bean.

    Attributes:
        start: of its axis.
        end: of its axis.
        shaft: radius in the middle.
        head: radius at the start.
        foot: radius at the end.
        density: relative to other bones.
    """

    start: Point
    end: Point
    shaft: float
    head: float
    foot: float
    density: float = 1.0

    @property
    def length(self) -> float:
        """Length of the axis."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    def at(self, along: float) -> Point:
        """Return a point of the axis: 0 its start, 1 its end."""
        (x0, y0), (x1, y1) = self.start, self.end
        return x0 + along * (x1 - x0), y0 + along * (y1 - y0)


@dataclass(frozen=True)
class Limb:
    """The content of one image.

    Attributes:
        bones: all of them.
        flesh: thickness of the soft tissue around each bone.
        plates: (bone, from, to) of metal, in fractions of the bone's length.
    """

    bones: tuple[Bone, ...]
    flesh: float
    plates: tuple[tuple[Bone, float, float], ...] = ()


def limb_attenuation(limb: Limb, grid: Grid) -> np.ndarray:
    """Return the attenuation of a limb in air (size, size), 0 (air) to about 1 (metal on bone)."""
    flesh = np.zeros_like(grid.x)
    bones = np.zeros_like(grid.x)
    for bone in limb.bones:
        distance, radius = _distance(bone, grid)
        outer = radius + limb.flesh
        flesh = np.maximum(flesh, np.clip((outer - distance) / _SKIN, 0, 1) * (0.6 + 0.4 * _chord(distance / outer)))
        bones = np.maximum(bones, bone.density * _tube(distance, radius))
    metal = np.zeros_like(grid.x)
    for bone, low, high in limb.plates:
        metal = np.maximum(metal, _plate(bone, low, high, grid))
    return FLESH * flesh + BONE * bones + METAL * metal


def break_bone(bone: Bone, *, along: float, offset: float, bend: float) -> tuple[Bone, Bone]:
    """Return the two pieces of a fractured bone.

    Args:
        bone: the whole one.
        along: where it breaks, as a fraction of its length.
        offset: sideways shift of the second piece, in half image sides; the gap between the two is a third of it.
        bend: angle between the two pieces, in radians.
    """
    (x0, y0), (x1, y1) = bone.start, bone.end
    direction = np.arctan2(y1 - y0, x1 - x0)
    across = direction + np.pi / 2
    x, y = bone.at(along)
    gap, length = offset / 3, (1 - along) * bone.length
    begin = (
        x + offset * np.cos(across) + gap * np.cos(direction),
        y + offset * np.sin(across) + gap * np.sin(direction),
    )
    finish = (begin[0] + length * np.cos(direction + bend), begin[1] + length * np.sin(direction + bend))
    first = replace(bone, end=(x, y), foot=bone.shaft)
    return first, replace(bone, start=begin, end=finish, head=bone.shaft)


def turn(bone: Bone, angle: float, centre: Point = (0.0, 0.0)) -> Bone:
    """Return a bone turned about a centre, from x towards y."""
    cos, sin = np.cos(angle), np.sin(angle)
    moved = [(x - centre[0], y - centre[1]) for x, y in (bone.start, bone.end)]
    start, end = [(centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y) for x, y in moved]
    return replace(bone, start=start, end=end)


def _distance(bone: Bone, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's distance from the axis, and the bone's radius at the nearest point of the axis."""
    (x0, y0), (x1, y1) = bone.start, bone.end
    span = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
    along = np.clip(((grid.x - x0) * (x1 - x0) + (grid.y - y0) * (y1 - y0)) / span, 0, 1)
    distance = np.hypot(grid.x - x0 - along * (x1 - x0), grid.y - y0 - along * (y1 - y0))
    to_head, to_foot = np.exp(-along / 0.13), np.exp(-(1 - along) / 0.13)
    return distance, bone.shaft + (bone.head - bone.shaft) * to_head + (bone.foot - bone.shaft) * to_foot


def _tube(distance: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return how much bone a ray meets: a hollow tube, whose rims are therefore brighter."""
    return _chord(distance / radius) - 0.55 * _chord(distance / (0.68 * radius))


def _chord(relative: np.ndarray) -> np.ndarray:
    """Return the chord of a circle of radius 1 at a distance from its centre, 1 in the middle."""
    return np.sqrt(np.clip(1 - relative**2, 0, None))


def _plate(bone: Bone, low: float, high: float, grid: Grid) -> np.ndarray:
    """Return a metal plate along a bone, with screws through it."""
    part = replace(bone, start=bone.at(low), end=bone.at(high))
    distance, _ = _distance(part, grid)
    plate = (distance < 0.28 * bone.shaft).astype(float)
    across = np.array([bone.start[1] - bone.end[1], bone.end[0] - bone.start[0]]) / bone.length
    for along in np.linspace(low, high, 4):
        x, y = bone.at(along)
        reach = 0.9 * bone.shaft * across
        screw = replace(bone, start=(x - reach[0], y - reach[1]), end=(x + reach[0], y + reach[1]))
        plate = np.maximum(plate, _distance(screw, grid)[0] < 0.12 * bone.shaft)
    return plate
