"""Patient ids in image paths, for tables and folders that name no patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiobundle.sources.crowded_patients import is_crowded

_START, _END = r"(?:^|(?<=[/_\-. ]))", r"(?=[/_\-. ]|$)"
# What the sets of the field write, the most telling first; the part in brackets is the id.
RULES = {
    "patient<number>": rf"{_START}((?:patient|pat|pt)[-_ ]?(?:id)?[-_ ]?\d+){_END}",  # CheXpert, MURA
    "p<8 digits>": rf"{_START}(p\d{{8}}){_END}",  # MIMIC-CXR: p10/p10000032/s50414267
    "person<number>": rf"{_START}(person[-_ ]?\d+){_END}",  # Kermany: person12_virus_47
    "subject<number>": rf"{_START}((?:subject|subj)[-_ ]?\d+){_END}",
    "sub-<name>": rf"{_START}(sub-[0-9a-z]+){_END}",  # BIDS
    "participant<number>": rf"{_START}(participant[-_ ]?\d+){_END}",
    "case<number>": rf"{_START}(case[-_ ]?\d+){_END}",
    "CXR<number>": r"(?:^|/)(CXR\d+)_(?:\d+_)?IM-",  # Indiana University: CXR1000_IM-0003-1001
    "<8 digits>_<3 digits>": r"(?:^|/)(\d{8})_\d{3}(?=\.[a-z]+$|$)",  # NIH ChestX-ray14: 00000013_008.png
    "p<number>": rf"{_START}(p[-_]?\d{{3,}}){_END}",
    "PID<number>": rf"{_START}(pid[-_ ]?\d+){_END}",
}


@dataclass(frozen=True)
class PathPatients:
    """Ids found in paths: the rule, and one id per image (NaN: the rule finds none there)."""

    rule: str
    ids: pd.Series

    @property
    def n_images(self) -> int:
        """Images in whose path the rule finds an id."""
        return int(self.ids.notna().sum())


def patients_in_paths(images: pd.Series) -> PathPatients | None:
    """Return the ids of the rule that finds one in most images, or None if no rule distinguishes patients.

    A rule counts only if it groups (some id names several images) and tells apart (no id names too many of the images
    that have one, see `is_crowded`).
    """
    best: PathPatients | None = None
    for rule, pattern in RULES.items():
        ids = images.str.extract(f"(?i:{pattern})", expand=False)
        counts = ids.str.casefold().value_counts()
        if not len(counts) or counts.iloc[0] < 2 or is_crowded(int(counts.iloc[0]), int(counts.sum())):
            continue
        found = PathPatients(rule, ids.astype(object).where(ids.notna(), np.nan))
        if best is None or found.n_images > best.n_images:
            best = found
        if best is not None and best.n_images == len(images):
            break  # no other rule can find more
    return best
