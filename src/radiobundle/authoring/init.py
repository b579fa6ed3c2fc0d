"""The `radiobundle init` command: a new bundle for the user's own images and labels."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from radiobundle.authoring.lint.command import lint_command
from radiobundle.authoring.render import AUTHORED_CONFIG, AUTHORED_METADATA, render_command
from radiobundle.files import write_text

_CARD = """# {title}

Says {what} on a radiograph. ResNet18 of MONAI, one channel, {size}x{size} pixels.

## Intended use and limits

For research and teaching. **Not for diagnosis.** Say here who is on the images, where and when they were taken, how the
labels came about, and for whom the network must not be used.

## Data

Say here where the images are from, and how their datalist was made (`radiobundle datalist csv ...`).

## Commands

Training, evaluation, inference and ensembles, with every option and output: [options.md](options.md).

## Results

Give here the numbers of `metrics.json` with their intervals, the command, and the machine.
"""
_LICENCE = """The bundle ships no images.

Say here where the training data is from, under what terms it may be used, and whom to credit.
"""


def init_command(name: str, *, labels: Sequence[str], task: Literal["multilabel", "multiclass"], size_px: int) -> int:
    """Write the bundle `name` (a new folder), render and lint it; return the status of the lint."""
    folder = Path(name)
    _check(folder, labels, task, size_px)
    title = re.sub(r"[_-]+", " ", folder.name).strip().capitalize()
    what = " or ".join(labels) if task == "multiclass" else "which of " + ", ".join(labels) + " there is"
    config = {"task": task, "without_recipes": ["resnet18"]}  # which is the network that it has anyway
    write_text(folder / "docs" / "README.md", _CARD.format(title=title, what=what, size=size_px))
    write_text(folder / "docs" / "data_license.txt", _LICENCE)
    for file, content in ((AUTHORED_CONFIG, config), (AUTHORED_METADATA, _metadata(title, what, labels, size_px))):
        write_text(folder / file, json.dumps(content, indent=4, ensure_ascii=False) + "\n")
    render_command([name], check=False)
    return lint_command([name], show_code=False, as_json=False, run=True)


def _check(folder: Path, labels: Sequence[str], task: str, size_px: int) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder}: already holds files; name a new folder")
    if not labels:
        raise ValueError("`labels`: give at least one name")
    if task == "multiclass" and len(labels) < 2:
        raise ValueError("`labels`: exclusive classes are at least two; for one finding give `task` multilabel")
    if len(set(labels)) < len(labels):
        raise ValueError(f"`labels`: {', '.join(labels)} names one twice")
    if size_px < 32:
        raise ValueError(f"`size` {size_px}: at least 32 pixels")


def _metadata(title: str, what: str, labels: Sequence[str], size_px: int) -> dict[str, Any]:
    return {
        "name": title,
        "task": f"Say {what} on a radiograph",
        "description": f"A ResNet18 that says {what}.",
        "authors": "your names",
        "copyright": "Copyright (c) your names",
        "data_source": "see docs/data_license.txt",
        "intended_use": "Research and teaching. Not for diagnosis.",
        "network_data_format": {
            "inputs": {"image": {"spatial_shape": [size_px, size_px]}},
            "outputs": {
                "pred": {
                    "num_channels": len(labels),
                    "spatial_shape": [1, 1],
                    "channel_def": {str(index): label for index, label in enumerate(labels)},
                }
            },
        },
    }
