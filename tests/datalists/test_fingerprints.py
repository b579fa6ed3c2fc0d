"""Images that cannot be read end nothing; each has its reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radiobundle.datalists.fingerprints import fingerprint_images

nibabel = pytest.importorskip("nibabel")
GREY = np.random.default_rng(0).integers(0, 256, (40, 30)).astype(np.uint8)


def test_numbers_of_any_kind_are_read_or_refused_by_name(tmp_path: Path) -> None:
    colours = np.zeros((*GREY.shape, 1), [(name, "u1") for name in "RGB"])
    colours["G"] = GREY[..., None]
    for name, values in {"grey": GREY, "colour": colours, "complex": GREY.astype(np.complex64)}.items():
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / f"{name}.nii")
    readable, unreadable = fingerprint_images(tmp_path, ["grey.nii", "colour.nii", "complex.nii"])
    assert list(readable) == ["grey.nii", "colour.nii"]
    assert list(unreadable) == ["complex.nii"] and "complex numbers" in unreadable["complex.nii"]
