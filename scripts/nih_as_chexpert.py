"""Real ChestX-ray14 images in CheXpert's own layout, with labels made uncertain at random, of which the truth is known.

    python scripts/nih_as_chexpert.py NIH_DIR OUTPUT [--uncertain 0.4] [--seed 0]

Writes `train.csv`, `valid.csv`, `test_labels.csv`, and links to the images as
`PART/patientNNNNN/studyN/view1_frontal.png`. Labels are those of CheXpert's competition. In train a fraction of the
positive labels becomes -1.0, and as many negative ones, so that half of the uncertain labels are positive in truth;
valid and test keep their labels. A patient's images are all in one part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.datalists.splits import assign_groups
from radiobundle.sources.chestxray14 import read_chestxray14
from radiobundle.sources.chexpert_labels import COMPETITION, LABELS

NIH_NAME = {"Pleural Effusion": "Effusion"}
PARTS = {"train": 0.6, "valid": 0.15, "test": 0.25}
TABLES = {"train": "train.csv", "valid": "valid.csv", "test": "test_labels.csv"}
SEXES = {"M": "Male", "F": "Female"}


def write_as_chexpert(
    nih_dir: Path, output: Path, *, csv: Path | None = None, uncertain: float = 0.4, seed: int = 0
) -> pd.DataFrame:
    """Write the distribution; return one row per image with its part, its true labels and its written ones."""
    table = read_chestxray14(nih_dir, csv=csv).table
    table = table[[(nih_dir / image).is_file() for image in table["image"]]].reset_index(drop=True)
    truth = table[[NIH_NAME.get(label, label) for label in COMPETITION]].to_numpy(dtype=float)
    patients = pd.factorize(table["patient_id"])[0]
    part = np.array(list(PARTS))[assign_groups(truth, patients, fractions=list(PARTS.values()), seed=0)]
    written = make_uncertain(truth, part == "train", fraction=uncertain, seed=seed)
    rows = []
    for index, row in enumerate(table.to_dict("records")):
        patient, follow_up = str(row["patient_id"]), Path(row["image"]).stem.partition("_")[2]
        study = f"{part[index]}/patient{int(patient):05d}/study{int(follow_up) + 1}"
        target = output / study / "view1_frontal.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.symlink_to((nih_dir / row["image"]).resolve())
        labels = dict(zip(COMPETITION, written[index], strict=True))
        facts = {"Sex": SEXES.get(row["sex"]), "Age": row["age"], "Frontal/Lateral": "Frontal", "AP/PA": row["view"]}
        path = {"Study": study} if part[index] == "test" else {"Path": f"{study}/view1_frontal.png", **facts}
        rows.append({"part": part[index], **path, **dict.fromkeys(LABELS), **labels})
    found = pd.DataFrame(rows)
    for name, file in TABLES.items():
        kept = found[found["part"] == name].drop(columns="part").dropna(axis=1, how="all")
        kept.reindex(columns=[*(c for c in kept if c not in LABELS), *LABELS]).to_csv(output / file, index=False)
    return found


def make_uncertain(truth: np.ndarray, allowed: np.ndarray, *, fraction: float, seed: int) -> np.ndarray:
    """Return labels in which of the allowed rows a fraction of each label's positives and as many negatives are -1."""
    random = np.random.default_rng(seed)
    written = truth.copy()
    for label in range(truth.shape[1]):
        positives, negatives = (np.flatnonzero(allowed & (truth[:, label] == value)) for value in (1, 0))
        count = round(fraction * len(positives))
        for rows in (positives, negatives):
            written[random.choice(rows, count, replace=False), label] = -1
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nih_dir", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--uncertain", type=float, default=0.4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = write_as_chexpert(options.nih_dir, options.output, uncertain=options.uncertain, seed=options.seed)
    print(found.groupby("part").size().to_dict(), {label: int((found[label] == -1).sum()) for label in COMPETITION})


if __name__ == "__main__":
    main()
