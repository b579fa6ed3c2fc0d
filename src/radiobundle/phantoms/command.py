"""The `radiobundle phantom` command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radiobundle.phantoms.chestxray14 import write_chestxray14_phantom
from radiobundle.phantoms.pneumonia import write_pneumonia_phantom

PHANTOMS: dict[str, Callable[..., dict[str, int]]] = {
    "chestxray14": write_chestxray14_phantom,
    "pneumonia": write_pneumonia_phantom,
}


def phantom_command(task: str, output: str, *, n_images: int, size_px: int, seed: int) -> int:
    """Write the phantom of a task, say where it is and how many images show what."""
    counts = PHANTOMS[task](Path(output), n_images=n_images, size_px=size_px, seed=seed)
    print(f"{output}: {n_images} synthetic images (" + ", ".join(f"{k} {v}" for k, v in counts.items()) + ")")
    return 0
