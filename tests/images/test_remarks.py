"""Remarks about unusual images."""

from __future__ import annotations

from pathlib import Path

import pytest

from image_files import decode_image


@pytest.mark.real_data
@pytest.mark.parametrize("folder", ["nih_chestxray14/images", "pneumonia_xray/test", "fracatlas/images"])
def test_real_images_need_no_remark(folder: str, real_data_dir: Path) -> None:
    paths = sorted(path for path in (real_data_dir / folder).rglob("*") if path.is_file())[::10]
    assert not [path for path in paths if decode_image(path.read_bytes(), str(path)).remarks]
