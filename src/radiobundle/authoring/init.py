"""The `radiobundle init` command: a new bundle for the user's own images and labels.

Labels and task can be taken from a datalist and the size from the images; what was found is printed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.authoring.render import AUTHORED_CONFIG, AUTHORED_METADATA, render_folder
from radiobundle.bundles.integrity import METADATA
from radiobundle.datalists.datalist_file import Datalist, read_datalist
from radiobundle.files import write_text
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grayscale import read_grayscale
from radiobundle.labels import Task
from radiobundle.spread import evenly_spread
from radiobundle.words import counted

DEFAULT_SIZE_PX = 224
# Written into the bundle, so that everybody can see what is done to the images, and change it.
_TRAIN: dict[str, Any] = {
    "max_epochs": 25,
    "learning_rate": 0.001,
    "train": {
        "augmentation": [
            {
                "_target_": "radiobundle.transforms.RandomAffine",
                "degrees": 7,
                "zoom": [0.9, 1.15],
                "stretch": 1.05,
                "shift": 0.05,
                "flip": 0.0,
            },
            {
                "_target_": "radiobundle.transforms.RandomExposure",
                "gamma": [0.8, 1.25],
                "contrast": [0.8, 1.25],
                "brightness": 0.08,
            },
        ]
    },
}
_PLACEHOLDER = re.compile(r"\b(?:Say|Give) here\b|\byour names\b")
_CARD = """# {title}

{what} on radiographs. Network and image size: `configs/train.json`, `configs/metadata.json`.

## Intended use and limits

For research and teaching. **Not for diagnosis.** Say here who the patients are, where and when the images were taken,
how the labels were made, and for whom the network must not be used.

## Data

Say here where the images come from and how the datalist was made (`radiobundle datalist csv ...`).

## Commands

Training, evaluation, inference and ensembles, with every option and output: [options.md](options.md).

## Results

Give here the results in `metrics.json` with their intervals, the command, and the machine.
"""
_LICENCE = """The bundle ships no images.

Say here where the training data comes from, under what terms it may be used, and whom to credit.
"""


def init_command(
    name: str,
    *,
    labels: Sequence[str] = (),
    task: Task | None = None,
    size_px: int | None = None,
    datalist: str | None = None,
    dataset_dir: str | None = None,
) -> int:
    """Write the bundle `name` (a new folder), render and lint it; return the status of the lint.

    Args:
        name: the folder.
        labels: in the order of the outputs; none: those of the datalist.
        task: None: that of the datalist, else multilabel.
        size_px: height and width; None: see `suitable_size_px`, else 224.
        datalist: gives the labels and the task.
        dataset_dir: folder of the datalist's images, to choose the size.

    Raises:
        ValueError: the folder is not new, no labels are given, or options contradict the datalist.
    """
    folder = Path(name)
    known = None if datalist is None else read_datalist(datalist)
    labels, task = _labels_and_task(labels, task, known, datalist)
    size_px = _find_size(known, dataset_dir) if size_px is None else size_px
    _check(folder, labels, task, size_px)
    title = re.sub(r"[_-]+", " ", folder.resolve().name).strip().capitalize()
    what = f"Distinguishes {', '.join(labels)}" if task == "multiclass" else f"Detects {', '.join(labels)}"
    config = {"task": task, "without_recipes": ["resnet18"], "train": _TRAIN}  # resnet18 is what it has anyway
    write_text(folder / "docs" / "README.md", _CARD.format(title=title, what=what))
    write_text(folder / "docs" / "data_license.txt", _LICENCE)
    for file, content in ((AUTHORED_CONFIG, config), (AUTHORED_METADATA, _metadata(title, what, labels, size_px))):
        write_text(folder / file, json.dumps(content, indent=4, ensure_ascii=False) + "\n")
    written = list(render_folder(folder, check=False))
    findings = lint_bundle(folder, run=True)
    for finding in findings:
        print(f"{name}: {finding}")
    print(
        f"{name}: {counted(len(written), 'file')} written and linted. Next: fill in {name}/docs/README.md and "
        f"data_license.txt; to train, see {name}/docs/options.md"
    )
    return int(any(finding.level == "error" for finding in findings))


def placeholders(bundle: Path) -> list[str]:
    """Return the places, file and line, that `radiobundle init` left for the author to fill in and that still are."""
    found = _left_in(bundle, "docs/README.md", "docs/data_license.txt", AUTHORED_METADATA)
    if found or not (stale := _left_in(bundle, METADATA)):
        return found
    return [*stale, f"these are filled in in {AUTHORED_METADATA}: run `radiobundle render {bundle}`"]


def _left_in(bundle: Path, *names: str) -> list[str]:
    files = [bundle / name for name in names]
    return [
        f"{path.relative_to(bundle)} line {number}: {line.strip()}"
        for path in files
        if path.is_file()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if _PLACEHOLDER.search(line)
    ]


def suitable_size_px(images: Sequence[str | Path]) -> tuple[int, int, int]:
    """Return a size for a network, the number of images it is based on, and their median shorter side in pixels.

    It is the largest multiple of 32 that does not enlarge a typical image, and at most 224.

    Args:
        images: files; up to 64 of them, evenly spread over the list, are read.

    Raises:
        UnreadableImageError: none can be read; those that cannot be are left out.
    """
    chosen = [images[index] for index in evenly_spread(len(images), 64)]
    sides, failed = [], []
    for path in chosen:
        try:
            sides.append(min(read_grayscale(path).shape))
        except UnreadableImageError as error:
            failed.append(error)
    if not sides:
        raise failed[0]
    median = int(np.median(sides))
    return max(32, min(224, median // 32 * 32)), len(sides), median


def _labels_and_task(
    labels: Sequence[str], task: Task | None, known: Datalist | None, name: str | None
) -> tuple[Sequence[str], Task]:
    if known is None:
        if task is None and len(labels) > 1:
            print("task multilabel: labels may be true together; if they exclude each other, use --task multiclass")
        return labels, task or "multilabel"
    labels = labels or known.labels
    if set(labels) != set(known.labels):
        raise ValueError(f"{name} has labels {', '.join(known.labels)}, not {', '.join(labels)}; leave out `labels`")
    if task not in (None, known.task):
        raise ValueError(f"{name} has task {known.task}, not {task}; leave out `task`, or make the list again")
    print(f"{name}: task {known.task}, {_relation(labels, known.task)}")
    return labels, "multiclass" if known.task == "multiclass" else "multilabel"


def _relation(labels: Sequence[str], task: str) -> str:
    if len(labels) == 1:
        return f"the label {labels[0]} is present or absent"
    return f"the labels {', '.join(labels)} {'exclude each other' if task == 'multiclass' else 'may be true together'}"


def _find_size(known: Datalist | None, dataset_dir: str | None) -> int:
    if dataset_dir is None:
        return DEFAULT_SIZE_PX
    if known is None:
        raise ValueError("`dataset_dir` also needs `datalist`, which names its images")
    images = [Path(dataset_dir) / item["image"] for items in known.splits.values() for item in items]
    size_px, count, median = suitable_size_px(images)
    print(f"{dataset_dir}: size {size_px}, because the median shorter side of {count} images is {median} pixels")
    return size_px


def _check(folder: Path, labels: Sequence[str], task: str, size_px: int) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder}: already holds files; name a new folder")
    if not labels:
        raise ValueError("`labels`: give at least one name, or take them from a `datalist`")
    if task == "multiclass" and len(labels) < 2:
        raise ValueError("`labels`: give at least two exclusive classes; for a single finding use `task` multilabel")
    if len(set(labels)) < len(labels):
        raise ValueError(f"`labels`: {', '.join(labels)} names a label twice")
    if code := [label for label in labels if label.startswith(("$", "@", "%"))]:
        raise ValueError(f"`labels`: '{code[0]}' begins with {code[0][0]}, which a configuration executes; rename it")
    if size_px < 32:
        raise ValueError(f"`size` {size_px}: must be at least 32 pixels")


def _metadata(title: str, what: str, labels: Sequence[str], size_px: int) -> dict[str, Any]:
    return {
        "name": title,
        "task": f"{what} on radiographs",
        "description": f"{what} on radiographs.",
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
