"""One Markdown line per trained and evaluated run: parameters, images per second, AUROC and BCR on test.

    python scripts/tabulate_runs.py OUT1 OUT2 ...

Images per second are the training images over the fastest epoch's seconds, validation included: run it undisturbed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import torch


def main(runs: list[str]) -> None:
    """Print the table."""
    print("| run | epochs | parameters | images/s | AUROC, macro | BCR at 0.5 | BCR, fitted thresholds |")
    print("|---|---|---|---|---|---|---|")
    for run in map(Path, runs):
        print("| " + " | ".join([run.name, *_cells(run)]) + " |")


def _cells(run: Path) -> list[str]:
    history = pd.read_csv(run / "history.csv")
    state = torch.load(run / "models" / "model.pt", weights_only=True)
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    parameters = sum(value.numel() for name, value in state.items() if not name.endswith(buffers))
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    images = len(json.loads(Path(manifest["datalist"]["path"]).read_text("utf-8"))["training"])
    overall = json.loads((run / "metrics.json").read_text("utf-8"))["splits"]["test"]["overall"]
    return [
        str(len(history)),
        f"{parameters:,}",
        f"{images / history['seconds'].min():.0f}",
        _estimate(overall["probability"]["auroc"]),
        _estimate(overall["default"]["bcr"]),
        _estimate(overall["fitted"]["bcr"]),
    ]


def _estimate(found: dict[str, Any]) -> str:
    if found["low"] is None:  # a constant output, say
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


if __name__ == "__main__":
    main(sys.argv[1:])
