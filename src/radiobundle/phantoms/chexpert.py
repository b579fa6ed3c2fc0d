"""Synthetic images in CheXpert's own layout: train.csv and valid.csv, studies of frontal and lateral views.

Labels of train are like a labeller's: 1.0, 0.0, -1.0 if the report is uncertain, empty if it is silent, and
parents that are not mentioned although a child is present. Those of valid are complete, like the radiologists'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from radiobundle.datalists.hierarchy import ancestors, read_hierarchy
from radiobundle.phantoms.anatomy import attenuation, draw_anatomy, expose, patient_grid
from radiobundle.phantoms.chexpert_findings import OBSERVATIONS
from radiobundle.phantoms.folder import COMMENT, drawing, new_phantom_folder
from radiobundle.phantoms.lateral import lateral_attenuation
from radiobundle.sources.chexpert import TABLES
from radiobundle.sources.chexpert_labels import LABELS

DISTRIBUTION = "CheXpert-v1.0-small"
NO_FINDING = LABELS[0]
DEVICES = "Support Devices"  # no finding of a disease
PREVALENCE = {
    "Enlarged Cardiomediastinum": 0.05, "Cardiomegaly": 0.15, "Lung Opacity": 0.12, "Lung Lesion": 0.05, "Edema": 0.2,
    "Consolidation": 0.12, "Pneumonia": 0.06, "Atelectasis": 0.18, "Pneumothorax": 0.09, "Pleural Effusion": 0.3,
    "Pleural Other": 0.05, "Fracture": 0.05, "Support Devices": 0.35,
}  # fmt: skip
VALID_FRACTION = 0.25
LATERAL_FRACTION = 0.25  # of the studies
UNCERTAIN_IF_PRESENT, UNCERTAIN_IF_ABSENT, MENTIONED_IF_ABSENT = 0.15, 0.04, 0.3
PARENT_MENTIONED = 0.5
FIRST_VALID_PATIENT = 64541
MIN_IMAGES = 100
JPEG_QUALITY = 92


@dataclass(frozen=True)
class Study:
    """One study to draw: all its views show the same."""

    part: str
    patient: int
    number: int
    findings: tuple[str, ...]
    age: int
    sex: str
    view: str
    has_lateral: bool

    @property
    def folder(self) -> str:
        """Path below the distribution."""
        return f"{self.part}/patient{self.patient:05d}/study{self.number}"


def write_chexpert_phantom(output: Path, *, n_images: int = 300, size_px: int = 150, seed: int = 0) -> dict[str, int]:
    """Write `CheXpert-v1.0-small` with `train.csv`, `valid.csv` and `PART/patient*/study*/view*_(frontal|lateral).jpg`.

    Every observation is present in at least one study of either part.

    Returns:
        number of images per observation, as drawn, parents of the label tree included.

    Raises:
        ValueError: see `new_phantom_folder`.
    """
    new_phantom_folder(
        output, task="chexpert", n_images=n_images, min_images=MIN_IMAGES, size_px=size_px, seed=seed,
        hints="Labels of train.csv are incomplete and uncertain on purpose.",
    )  # fmt: skip
    random = np.random.default_rng((seed, 19))
    n_valid = round(VALID_FRACTION * n_images)
    studies = _plan("train", n_images - n_valid, 1, random) + _plan("valid", n_valid, FIRST_VALID_PATIENT, random)
    rows, counts = [], dict.fromkeys(LABELS, 0)
    for index, study in enumerate(drawing(studies, unit="study")):
        names = _draw_study(output / DISTRIBUTION, study, size_px, np.random.default_rng((seed, index)))
        labels = _complete(study) if study.part == "valid" else _reported(study, random)
        rows += [_row(study, name, labels) for name in names]
        for label in _closed(study.findings) or (NO_FINDING,):
            counts[label] += len(names)
    for part, name in (("train", TABLES["training"][0]), ("valid", TABLES["validation"][0])):
        table = pd.DataFrame([row for row in rows if f"/{part}/" in row["Path"]])
        table.to_csv(output / DISTRIBUTION / name, index=False)
    return counts


def _plan(part: str, n_images: int, first_patient: int, random: np.random.Generator) -> list[Study]:
    """Assign patients and findings to images; patients have one to three studies."""
    studies: list[Study] = []
    patient, made = first_patient, 0
    while made < n_images:
        age, sex = int(random.integers(18, 91)), str(random.choice(["Male", "Female"]))
        for number in range(1, int(random.integers(1, 4)) + 1):
            if made >= n_images:
                break
            present = [label for label, often in PREVALENCE.items() if random.random() < often]
            if len(studies) < len(OBSERVATIONS):
                present = sorted({*present, list(OBSERVATIONS)[len(studies)]})  # so that either part has each of them
            has_lateral = bool(random.random() < LATERAL_FRACTION) and made + 2 <= n_images
            studies.append(Study(part, patient, number, tuple(present), age, sex,
                                 str(random.choice(["AP", "PA"], p=[0.8, 0.2])), has_lateral))  # fmt: skip
            made += 1 + has_lateral
        patient += 1
    return studies


def _draw_study(folder: Path, study: Study, size_px: int, random: np.random.Generator) -> list[str]:
    """Draw a study's views and return their names."""
    (folder / study.folder).mkdir(parents=True)
    anatomy = draw_anatomy(random)
    grid = patient_grid(anatomy, size_px)
    density = attenuation(anatomy, grid)
    for name in study.findings:
        density += OBSERVATIONS[name](anatomy, grid, random, 0.06 + 0.2 * random.beta(1.6, 2.2))
    views = {"view1_frontal.jpg": expose(anatomy, density, random)}
    if study.has_lateral:
        lateral = lateral_attenuation(anatomy, study.findings, size_px=size_px, random=random)
        views["view2_lateral.jpg"] = expose(anatomy, lateral, random)
    for name, pixels in views.items():
        Image.fromarray(pixels).save(folder / study.folder / name, quality=JPEG_QUALITY, comment=COMMENT)
    return list(views)


def _closed(findings: tuple[str, ...]) -> tuple[str, ...]:
    """Return findings with their ancestors in the label tree."""
    parents = read_hierarchy("chexpert")
    every = {*findings, *(name for finding in findings for name in ancestors(finding, parents))}
    return tuple(label for label in LABELS if label in every)


def _complete(study: Study) -> dict[str, float | None]:
    present = _closed(study.findings)
    labels: dict[str, float | None] = {label: float(label in present) for label in LABELS}
    return {**labels, NO_FINDING: float(not set(present) - {DEVICES})}


def _reported(study: Study, random: np.random.Generator) -> dict[str, float | None]:
    """Return the output of a report labeller: uncertain labels, and many that are not mentioned."""
    present = _closed(study.findings)
    labels: dict[str, float | None] = {}
    for label in LABELS[1:]:
        draw = random.random()
        if label in study.findings:
            labels[label] = -1.0 if draw < UNCERTAIN_IF_PRESENT else 1.0
        elif label in present:
            labels[label] = 1.0 if draw < PARENT_MENTIONED else None
        elif draw < UNCERTAIN_IF_ABSENT:
            labels[label] = -1.0
        else:
            labels[label] = 0.0 if draw < UNCERTAIN_IF_ABSENT + MENTIONED_IF_ABSENT else None
    return {NO_FINDING: None if set(present) - {DEVICES} else 1.0, **labels}


def _row(study: Study, name: str, labels: dict[str, float | None]) -> dict[str, Any]:
    frontal = "frontal" in name
    return {
        "Path": f"{DISTRIBUTION}/{study.folder}/{name}",
        "Sex": study.sex,
        "Age": study.age,
        "Frontal/Lateral": "Frontal" if frontal else "Lateral",
        "AP/PA": study.view if frontal else None,
        **labels,
    }
