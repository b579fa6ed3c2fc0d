"""Synthetic images in the folder layout of the `pneumonia` source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from radiobundle.phantoms.anatomy import attenuation, draw_anatomy, expose, patient_grid
from radiobundle.phantoms.folder import COMMENT, drawing, new_phantom_folder
from radiobundle.phantoms.opacities import consolidation, ground_glass
from radiobundle.sources.pneumonia import FOLDER_OF_LABEL, FOLDER_OF_SPLIT, LABELS

FRACTION_OF_LABEL = {"normal": 0.25, "covid": 0.30, "non-covid": 0.45}
FRACTION_OF_SPLIT = {"training": 0.70, "validation": 0.10, "test": 0.20}
MIN_IMAGES = 30
HINTS = (
    '"covid" is drawn as hazy patches in both lungs, "non-covid" as one dense shadow,\n'
    '"normal" without either; some shadows are faint on purpose.'
)


def write_pneumonia_phantom(output: Path, *, n_images: int = 300, size_px: int = 150, seed: int = 0) -> dict[str, int]:
    """Write `{train,val,test}/{normal,infected/covid,infected/non-covid}/<n>.jpg` and README.txt.

    Image k of a class and split depends on the seed, the class, the split and k only.

    Returns:
        number of images per label.

    Raises:
        ValueError: see `new_phantom_folder`.
    """
    new_phantom_folder(
        output, task="pneumonia", n_images=n_images, min_images=MIN_IMAGES, size_px=size_px, seed=seed, hints=HINTS
    )
    jobs = [
        (split, label, number)
        for (split, label), count in _cell_counts(n_images).items()
        for number in range(1, count + 1)
    ]
    for split, label, number in drawing(jobs, unit="image"):
        folder = output / FOLDER_OF_SPLIT[split] / FOLDER_OF_LABEL[label]
        folder.mkdir(parents=True, exist_ok=True)
        key = (seed, list(FOLDER_OF_SPLIT).index(split), LABELS.index(label), number)
        pixels = draw_pneumonia_image(label, size_px=size_px, random=np.random.default_rng(key))
        Image.fromarray(pixels).save(folder / f"{number}.jpg", quality=90, comment=COMMENT)
    return {label: sum(job[1] == label for job in jobs) for label in LABELS}


def draw_pneumonia_image(label: str, *, size_px: int, random: np.random.Generator) -> np.ndarray:
    """Return one image of a class, uint8 (size, size)."""
    anatomy = draw_anatomy(random)
    grid = patient_grid(anatomy, size_px)
    density = attenuation(anatomy, grid)
    # Disease ranges from barely visible to plain, so that no classifier can be perfect.
    strength = 0.02 + 0.22 * random.beta(1.6, 2.2)
    if label == "covid":
        density += ground_glass(anatomy, grid, random, strength=strength)
    elif label == "non-covid":
        density += consolidation(anatomy, grid, random, strength=1.15 * strength)
    return expose(anatomy, density, random)


def _cell_counts(n_images: int) -> dict[tuple[str, str], int]:
    """Return images per split and label: the fractions rounded, at least one each, `n_images` in sum."""
    fractions = {(s, k): p * q for s, p in FRACTION_OF_SPLIT.items() for k, q in FRACTION_OF_LABEL.items()}
    counts = {cell: max(1, int(fraction * n_images)) for cell, fraction in fractions.items()}
    by_need = sorted(fractions, key=lambda cell: counts[cell] - fractions[cell] * n_images)
    for extra in range(n_images - sum(counts.values())):
        counts[by_need[extra % len(by_need)]] += 1
    return counts
