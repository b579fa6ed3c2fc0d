"""The seven parts of the arm in MURA as bones, in poses that vary. Pure but for the given randomness.

They resemble radiographs as a cartoon resembles a face: well enough to tell a hand from an elbow by eye.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radiobundle.phantoms.bones import Bone, Limb, Point, turn

Pose = Callable[[np.random.Generator], Limb]


def _ball(x: float, y: float, radius: float) -> Bone:
    return Bone((x - 0.3 * radius, y), (x + 0.3 * radius, y), radius, radius, radius)


def _ray(base: Point, angle: float, lengths: tuple[float, ...], radius: float) -> list[Bone]:
    """Return bones end to end from a base, each thinner than the one before; angle 0 points up."""
    bones, (x, y) = list[Bone](), base
    for index, length in enumerate(lengths):
        end = (x + length * np.sin(angle), y - length * np.cos(angle))
        thin = radius * 0.84**index
        bones.append(Bone((x, y), end, thin, 1.5 * thin, 1.4 * thin))
        x, y = end[0] + 0.35 * thin * np.sin(angle), end[1] - 0.35 * thin * np.cos(angle)
    return bones


def _carpals(centre: Point, size: float) -> list[Bone]:
    """Return the two rows of the bones of the wrist."""
    x, y = centre
    rows = ((0.0, (-1.4, -0.4, 0.6, 1.5)), (-1.05, (-1.6, -0.6, 0.45, 1.45)))
    return [_ball(x + size * across, y + size * down, 0.56 * size) for down, row in rows for across in row]


def _hand(random: np.random.Generator) -> Limb:
    spread = random.uniform(0.8, 1.2)
    bones = _carpals((0.0, 0.42), 0.115)
    for index, (angle, metacarpal) in enumerate(((-0.28, 0.36), (-0.09, 0.38), (0.08, 0.35), (0.26, 0.31))):
        base = (-0.15 + 0.1 * index, 0.23 + 0.015 * index)
        bones += _ray(base, spread * angle, (metacarpal, 0.25, 0.16, 0.1), 0.036)
    bones += _ray((-0.24, 0.34), -0.85 * spread, (0.25, 0.19, 0.13), 0.04)
    bones += [Bone((-0.09, 0.6), (-0.1, 1.3), 0.07, 0.12, 0.07), Bone((0.14, 0.62), (0.14, 1.3), 0.05, 0.07, 0.05)]
    return Limb(tuple(bones), flesh=0.065)


def _finger(random: np.random.Generator) -> Limb:
    bend = random.uniform(-0.35, 0.35)
    bones = list[Bone]()
    point, angle = (0.0, 0.95), random.uniform(-0.1, 0.1)
    for length, radius in ((0.4, 0.13), (0.62, 0.105), (0.42, 0.09), (0.27, 0.065)):
        end = (point[0] + length * np.sin(angle), point[1] - length * np.cos(angle))
        bones.append(Bone(point, end, radius, 1.5 * radius, 1.35 * radius))
        point, angle = (end[0], end[1] - 0.03), angle + bend / 2
    return Limb(tuple(bones), flesh=0.13)


def _wrist(random: np.random.Generator) -> Limb:
    tilt = random.uniform(-0.25, 0.25)
    bones = [Bone((-0.16, 0.3), (-0.24, 1.4), 0.15, 0.29, 0.15), Bone((0.31, 0.36), (0.28, 1.4), 0.1, 0.15, 0.1)]
    moving = _carpals((0.02, 0.02), 0.22)
    for index, angle in enumerate((-0.22, -0.06, 0.1, 0.26)):
        moving += _ray((-0.3 + 0.21 * index, -0.42), angle, (0.75,), 0.075)
    moving += _ray((-0.46, -0.2), -0.75, (0.6,), 0.08)
    return Limb((*bones, *(turn(bone, tilt, (0.05, 0.2)) for bone in moving)), flesh=0.12)


def _forearm(random: np.random.Generator) -> Limb:
    cross = random.uniform(-0.08, 0.08)
    radius = Bone((-0.17 + cross, -0.85), (-0.16, 0.82), 0.075, 0.1, 0.16)
    ulna = Bone((0.16 - cross, -0.92), (0.16, 0.8), 0.07, 0.16, 0.08)
    humerus = Bone((0.0, -1.5), (0.0, -1.08), 0.11, 0.11, 0.2)
    return Limb((radius, ulna, humerus, *_carpals((0.0, 1.12), 0.12)), flesh=0.17)


def _elbow(random: np.random.Generator) -> Limb:
    flexion = random.uniform(0.25, 1.5)
    humerus = Bone((-0.25, -1.4), (-0.05, -0.12), 0.15, 0.15, 0.27)
    below = [Bone((-0.2, 0.06), (-0.32, 1.5), 0.12, 0.24, 0.12), Bone((0.13, 0.16), (0.04, 1.5), 0.1, 0.17, 0.11)]
    return Limb((humerus, *(turn(bone, -flexion, (-0.05, 0.05)) for bone in below)), flesh=0.2)


def _humerus(random: np.random.Generator) -> Limb:
    tilt = random.uniform(-0.1, 0.1)
    humerus = turn(Bone((-0.08, -0.78), (0.04, 0.82), 0.115, 0.24, 0.2), tilt)
    return Limb((humerus, Bone((0.06, 1.04), (0.12, 1.5), 0.1, 0.18, 0.1)), flesh=0.22)


def _shoulder(random: np.random.Generator) -> Limb:
    lift = random.uniform(-0.6, 0.1)
    humerus = turn(Bone((0.34, -0.14), (0.52, 1.3), 0.13, 0.25, 0.13), lift, (0.34, -0.14))
    glenoid = Bone((0.02, -0.22), (0.06, 0.12), 0.08, 0.08, 0.09)
    blade = [
        Bone((0.02, -0.1), (-0.42, 0.75), 0.07, 0.1, 0.09, density=0.8),
        Bone((-0.48, -0.3), (-0.44, 0.75), 0.05, 0.06, 0.08, density=0.7),
        Bone((-0.5, -0.34), (0.2, -0.46), 0.06, 0.06, 0.1, density=0.9),
    ]
    clavicle = Bone((-1.2, -0.5), (0.22, -0.58), 0.075, 0.08, 0.1)
    heights = (-0.5, -0.2, 0.1, 0.4, 0.7)
    ribs = [Bone((-1.4, at), (-0.62, at + 0.42), 0.055, 0.055, 0.055, density=0.6) for at in heights]
    trunk = Bone((-1.1, -0.6), (-1.0, 1.5), 0.3, 0.3, 0.3, density=0.15)
    return Limb((humerus, glenoid, *blade, clavicle, *ribs, trunk), flesh=0.24)


PARTS: dict[str, Pose] = {
    "elbow": _elbow,
    "finger": _finger,
    "forearm": _forearm,
    "hand": _hand,
    "humerus": _humerus,
    "shoulder": _shoulder,
    "wrist": _wrist,
}
