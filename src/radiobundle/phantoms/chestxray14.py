"""Synthetic images in the NIH's own layout: label table, images folder, official lists, boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from radiobundle.phantoms.anatomy import Anatomy, attenuation, draw_anatomy, expose, patient_grid
from radiobundle.phantoms.findings import FINDINGS
from radiobundle.phantoms.folder import PNG_COMMENT, drawing, new_phantom_folder
from radiobundle.sources.chestxray14 import BOXES, LABELS, NO_FINDING, ORIGINAL_SIZE_PX, TABLES
from radiobundle.sources.chestxray14_lists import LISTS

# About the prevalences of the real set, the rarest raised so that a few hundred images hold some of each.
PREVALENCE = (0.12, 0.06, 0.13, 0.16, 0.07, 0.07, 0.05, 0.07, 0.06, 0.05, 0.05, 0.05, 0.06, 0.05)
TEST_FRACTION = 0.25
MAX_IMAGES_OF_A_PATIENT = 3
MIN_IMAGES = 90
BOX_EDGE = 0.3  # a box holds what is at least this fraction of the strongest change
# The NIH's list of boxes covers eight findings, on test images, and has its own word for one of them.
BOXED = {label: "Infiltrate" if label == "Infiltration" else label for label in LABELS[:8]}


@dataclass(frozen=True)
class PlannedImage:
    """One image to draw."""

    name: str
    patient: int
    findings: tuple[str, ...]
    test: bool
    age: int
    sex: str
    view: str
    key: tuple[int, ...]


def write_chestxray14_phantom(
    output: Path, *, n_images: int = 300, size_px: int = 150, seed: int = 0
) -> dict[str, int]:
    """Write `Data_Entry_2017_v2020.csv`, `images/*.png`, the two official lists and `BBox_List_2017.csv`.

    Every finding is on at least one image of either list. Boxes enclose what was drawn, on test images as in the real
    set, in pixels of a 1024x1024 image whatever `size_px` is.

    Returns:
        number of images per label.

    Raises:
        ValueError: see `new_phantom_folder`.
    """
    new_phantom_folder(
        output, task="chestxray14", n_images=n_images, min_images=MIN_IMAGES, size_px=size_px, seed=seed,
        hints="Findings are drawn where the list of boxes says; some are faint on purpose.",
    )  # fmt: skip
    planned = _plan_images(n_images, seed)
    (output / "images").mkdir()
    boxes: list[tuple[Any, ...]] = []
    for image in drawing(planned, unit="image"):
        pixels, found = draw_findings_image(image.findings, size_px=size_px, random=np.random.default_rng(image.key))
        Image.fromarray(pixels).save(output / "images" / image.name, pnginfo=PNG_COMMENT)
        if image.test:
            boxes += [_box_row(image.name, finding, box) for finding, box in found.items() if finding in BOXED]
    _write_tables(output, planned, boxes)
    counts = {label: sum(label in image.findings for image in planned) for label in LABELS}
    return {NO_FINDING: sum(not image.findings for image in planned), **counts}


def draw_findings_image(
    findings: tuple[str, ...], *, size_px: int, random: np.random.Generator
) -> tuple[np.ndarray, dict[str, tuple[float, float, float, float]]]:
    """Return one image, uint8 (size, size), and each finding's box: x, y, width, height as fractions of the side."""
    anatomy: Anatomy = draw_anatomy(random)
    grid = patient_grid(anatomy, size_px)
    density = attenuation(anatomy, grid)
    boxes = {}
    for finding in findings:
        # Disease ranges from barely visible to plain, so that no classifier can be perfect.
        change = FINDINGS[finding](anatomy, grid, random, 0.06 + 0.2 * random.beta(1.6, 2.2))
        boxes[finding] = _enclose(change)
        density += change
    return expose(anatomy, density, random), boxes


def _enclose(change: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.nonzero(np.abs(change) >= BOX_EDGE * np.abs(change).max())
    top, left = rows.min(), columns.min()
    return tuple(  # type: ignore[return-value]
        float(value) / len(change) for value in (left, top, columns.max() + 1 - left, rows.max() + 1 - top)
    )


def _plan_images(n_images: int, seed: int) -> list[PlannedImage]:
    """Assign patients and findings to images: patients with one to three images, each in one list."""
    random = np.random.default_rng((seed, 14))
    n_test = max(len(LABELS), round(TEST_FRACTION * n_images))
    planned: list[PlannedImage] = []
    for test, count in ((False, n_images - n_test), (True, n_test)):
        made = 0
        while made < count:
            patient = 1 + (planned[-1].patient if planned else 0)
            age, sex = int(random.integers(5, 91)), str(random.choice(["M", "F"]))
            for visit in range(min(int(random.integers(1, MAX_IMAGES_OF_A_PATIENT + 1)), count - made)):
                present = random.random(len(LABELS)) < PREVALENCE
                if made < len(LABELS):
                    present[made] = True  # so that every finding is in either list
                planned.append(
                    PlannedImage(
                        name=f"{patient:08d}_{visit:03d}.png",
                        patient=patient,
                        findings=tuple(label for label, has in zip(LABELS, present, strict=True) if has),
                        test=test,
                        age=age,
                        sex=sex,
                        view=str(random.choice(["PA", "AP"])),
                        key=(seed, patient, visit),
                    )
                )
                made += 1
    return planned


def _write_tables(output: Path, planned: list[PlannedImage], boxes: list[tuple[Any, ...]]) -> None:
    table = pd.DataFrame(
        {
            "Image Index": [image.name for image in planned],
            "Finding Labels": ["|".join(image.findings) or NO_FINDING for image in planned],
            "Follow-up #": [int(image.name[9:12]) for image in planned],
            "Patient ID": [image.patient for image in planned],
            "Patient Age": [image.age for image in planned],
            "Patient Gender": [image.sex for image in planned],
            "View Position": [image.view for image in planned],
        }
    )
    # The NIH's header splits each of these names in two by its comma.
    table["OriginalImage[Width"], table["Height]"] = ORIGINAL_SIZE_PX, ORIGINAL_SIZE_PX
    table["OriginalImagePixelSpacing[x"], table["y]"] = 0.143, 0.143
    table.to_csv(output / TABLES[0], index=False)
    for name, file in LISTS.items():
        names = [image.name for image in planned if image.test == (name == "test")]
        (output / file).write_text("\n".join(names) + "\n", encoding="utf-8")
    columns = ["Image Index", "Finding Label", "Bbox [x", "y", "w", "h]"]
    pd.DataFrame(boxes, columns=columns).to_csv(output / BOXES, index=False)


def _box_row(name: str, finding: str, box: tuple[float, ...]) -> tuple[Any, ...]:
    return name, BOXED[finding], *(ORIGINAL_SIZE_PX * value for value in box)
