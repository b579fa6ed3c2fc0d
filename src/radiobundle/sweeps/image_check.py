"""Are the images where the sweep file says? A few of each list are looked for before anything is trained."""

from __future__ import annotations

from radiobundle.images.folders import dataset_folders
from radiobundle.sweeps.plan import Plan

FIRST = 3  # images of each split


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
