"""Every phantom by the name of its task."""

from __future__ import annotations

from collections.abc import Callable

from radiobundle.phantoms.chestxray14 import write_chestxray14_phantom
from radiobundle.phantoms.chexpert import write_chexpert_phantom
from radiobundle.phantoms.mura import write_mura_phantom
from radiobundle.phantoms.pneumonia import write_pneumonia_phantom

PHANTOMS: dict[str, Callable[..., dict[str, int]]] = {
    "chestxray14": write_chestxray14_phantom,
    "chexpert": write_chexpert_phantom,
    "mura": write_mura_phantom,
    "pneumonia": write_pneumonia_phantom,
}
