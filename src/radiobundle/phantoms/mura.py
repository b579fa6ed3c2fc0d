"""Synthetic images in MURA's own layout: studies of the arm's parts, normal or abnormal, with its four tables.

An abnormal study has a fracture or a metal plate in all its images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from radiobundle.phantoms.anatomy import draw_anatomy, expose, patient_grid
from radiobundle.phantoms.arm_parts import PARTS
from radiobundle.phantoms.bones import Limb, break_bone, limb_attenuation
from radiobundle.phantoms.folder import PNG_COMMENT, drawing, new_phantom_folder

DISTRIBUTION = "MURA-v1.1"
VALID_FRACTION = 0.2
ABNORMAL_FRACTION = 0.4
PLATE_FRACTION = 0.4  # of abnormal studies; the others have a fracture
FIRST_VALID_PATIENT = 11185
MAX_IMAGES = 3  # of a study
MIN_IMAGES = 100  # of which valid has 20: seven studies at least, one of each part


@dataclass(frozen=True)
class Study:
    """One study to draw."""

    folder: str
    part: str
    is_abnormal: bool
    images: int


def write_mura_phantom(output: Path, *, n_images: int = 300, size_px: int = 150, seed: int = 0) -> dict[str, int]:
    """Write `MURA-v1.1` with its tables and `PART/XR_*/patient*/study*_(positive|negative)/image*.png`.

    Every body part is in train and in valid; patients have one study, or two of different parts.

    Returns:
        number of images per body part, and of those that are abnormal.

    Raises:
        ValueError: see `new_phantom_folder`.
    """
    new_phantom_folder(
        output, task="mura", n_images=n_images, min_images=MIN_IMAGES, size_px=size_px, seed=seed,
        hints="Abnormal studies show a fracture or a metal plate.",
    )  # fmt: skip
    random = np.random.default_rng((seed, 23))
    n_valid = round(VALID_FRACTION * n_images)
    plans = {
        "train": plan_studies("train", n_images - n_valid, 1, random),
        "valid": plan_studies("valid", n_valid, FIRST_VALID_PATIENT, random),
    }
    counts = dict.fromkeys((*PARTS, "abnormal"), 0)
    studies = [study for plan in plans.values() for study in plan]
    for index, study in enumerate(drawing(studies, unit="study")):
        _draw_study(output / DISTRIBUTION / study.folder, study, size_px, np.random.default_rng((seed, index)))
        counts[study.part] += study.images
        counts["abnormal"] += study.images * study.is_abnormal
    for name, plan in plans.items():
        root = output / DISTRIBUTION
        images = [f"{study.folder}/image{n}.png" for study in plan for n in range(1, study.images + 1)]
        _write_lines(root / f"{name}_image_paths.csv", images)
        _write_lines(
            root / f"{name}_labeled_studies.csv", (f"{study.folder}/,{int(study.is_abnormal)}" for study in plan)
        )
    return counts


def draw_limb(part: str, *, is_abnormal: bool, size_px: int, random: np.random.Generator) -> np.ndarray:
    """Return one image of a body part, uint8 (size, size); equal randomness gives the same limb, sound or injured."""
    injury = _injury(random)
    return _draw_view(part, injury if is_abnormal else None, size_px, random)


@dataclass(frozen=True)
class _Injury:
    is_plate: bool
    along: float
    offset: float
    bend: float


def _injury(random: np.random.Generator) -> _Injury:
    return _Injury(
        is_plate=bool(random.random() < PLATE_FRACTION),
        along=random.uniform(0.35, 0.65),
        offset=random.choice([-1, 1]) * random.uniform(0.02, 0.07),
        bend=random.uniform(-0.3, 0.3),
    )


def plan_studies(split: str, n_images: int, first_patient: int, random: np.random.Generator) -> list[Study]:
    """Assign studies to patients; body parts take turns, so that seven studies contain all of them."""
    studies: list[Study] = []
    parts = list(PARTS)
    patient, made = first_patient, 0
    while made < n_images:
        for _ in range(int(random.integers(1, 3))):
            if made == n_images:
                break
            part = parts[len(studies) % len(parts)]
            is_abnormal = bool(random.random() < ABNORMAL_FRACTION)
            images = min(int(random.integers(1, MAX_IMAGES + 1)), n_images - made)
            sign = "positive" if is_abnormal else "negative"
            folder = f"{split}/XR_{part.upper()}/patient{patient:05d}/study1_{sign}"
            studies.append(Study(folder, part, is_abnormal, images))
            made += images
        patient += 1
    return studies


def _draw_study(folder: Path, study: Study, size_px: int, random: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    injury = _injury(random) if study.is_abnormal else None
    for number in range(1, study.images + 1):
        pixels = _draw_view(study.part, injury, size_px, random)
        Image.fromarray(pixels).save(folder / f"image{number}.png", pnginfo=PNG_COMMENT)


def _draw_view(part: str, injury: _Injury | None, size_px: int, random: np.random.Generator) -> np.ndarray:
    anatomy = draw_anatomy(random)
    anatomy = replace(anatomy, tilt=random.normal(0, 0.2))
    grid = patient_grid(anatomy, size_px)
    if random.random() < 0.5:
        grid = replace(grid, x=-grid.x)
    limb = PARTS[part](random)
    if injury is not None:
        limb = _injure(limb, injury)
    return expose(anatomy, limb_attenuation(limb, grid), random)


def _injure(limb: Limb, injury: _Injury) -> Limb:
    """Break or plate the bone that shows most within the image."""
    bone = max(limb.bones, key=lambda bone: min(bone.length, 1.2) * bone.shaft * bone.density**2)
    # A bone may begin or end outside of the image.
    inside = [along for along in np.linspace(0, 1, 101) if max(map(abs, bone.at(along))) < 0.85]
    middle = inside[round(injury.along * (len(inside) - 1))]
    if injury.is_plate:
        return replace(limb, plates=((bone, max(middle - 0.2, 0), min(middle + 0.2, 1)),))
    pieces = break_bone(bone, along=middle, offset=injury.offset, bend=injury.bend)
    return replace(limb, bones=(*(other for other in limb.bones if other is not bone), *pieces))


def _write_lines(path: Path, below: Iterable[str]) -> None:
    path.write_text("".join(f"{DISTRIBUTION}/{line}\n" for line in below), encoding="utf-8")
