"""Are the images where the sweep file says, and still the same? Some of each list are looked at before the training."""

from __future__ import annotations

import hashlib

from radiobundle.images.folders import dataset_folders
from radiobundle.spread import evenly_spread
from radiobundle.sweeps.plan import Plan

FIRST = 3  # images of each split
_SAMPLE = 1000  # images of each list whose size is part of the sweep's identity


def images_sha256(plan: Plan) -> str | None:
    """Return one hash of the names and sizes in bytes of up to 1,000 images of each list, evenly spread over it.

    None: their folder is not there (any more).
    """
    folder = dataset_folders(plan.sweep.dataset_dir)
    if not folder.is_dir():
        return None
    found = hashlib.sha256()
    for content in plan.datalists:
        names = [item["image"] for item in content.items]
        for index in evenly_spread(len(names), _SAMPLE):
            path = folder / names[index]
            size = path.stat().st_size if path.is_file() else None  # a series of slices is a folder
            found.update(f"{names[index]} {size}\n".encode())
    return found.hexdigest()


def require_images(plan: Plan) -> None:
    """Refuse a sweep whose folder of images is missing, or lacks the first images of training or validation.

    Args:
        plan: of the sweep.

    Raises:
        ValueError: the message names the folder or the image.
    """
    folder = dataset_folders(plan.sweep.dataset_dir)
    if not folder.is_dir():
        raise ValueError(f"dataset_dir: {folder}: no such folder; name the one that image names are relative to")
    for path, content in zip(plan.sweep.datalists, plan.datalists, strict=True):
        for split in ("training", "validation"):
            for item in content.splits.get(split, [])[:FIRST]:
                image = folder / item["image"]
                if not image.exists():  # a series of slices is a folder
                    raise ValueError(
                        f"dataset_dir: {image}: no such image ({split} of {path.name}); name the folder that image "
                        "names are relative to"
                    )
