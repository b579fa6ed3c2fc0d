"""Where things lie in a sweep's folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

TRIALS, LEASES, STORE, OUT_OF_FOLD, FINAL, SOUPS = "trials", "leases", "store", "out_of_fold", "final", "soups"
_MOST_BYTES = 120  # of a configuration's name: fold, seed and id follow, and file systems allow 255


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
    """Return the name of a folder for a configuration: visible, and short enough for every file system.

    >>> row_folder_name("adam, learning_rate=0.1"), row_folder_name("...")
    ('adam-learning_rate=0.1', 'configuration')
    """
    text = re.sub(r"[^\w.=-]+", "-", name).lstrip("-.").rstrip("-") or "configuration"
    encoded = text.encode()
    if len(encoded) <= _MOST_BYTES:
        return text
    return f"{encoded[:_MOST_BYTES].decode(errors='ignore')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
