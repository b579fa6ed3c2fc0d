"""Where things lie in a sweep's folder."""

from __future__ import annotations

import re
from pathlib import Path

TRIALS, LEASES, STORE, OUT_OF_FOLD, FINAL = "trials", "leases", "store", "out_of_fold", "final"


def trial_folder(sweep: Path, identity: str, name: str) -> Path:
    """Return the folder of a trial's run: the one that has its id already, whatever its row was called then.

    Args:
        sweep: folder of the sweep.
        identity: of the trial.
        name: of a new folder.
    """
    known = sorted((sweep / TRIALS).glob(f"*-{identity}"))
    return known[0] if known else sweep / TRIALS / name


def row_folder_name(name: str) -> str:
    """Return the name of a folder for a configuration.

    >>> row_folder_name("adam, learning_rate=0.1")
    'adam-learning_rate=0.1'
    """
    return re.sub(r"[^\w.=-]+", "-", name).strip("-")[:120]
