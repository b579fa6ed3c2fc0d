"""The phantom in MURA's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.cli import main
from radiobundle.phantoms.arm_parts import PARTS
from radiobundle.phantoms.mura import (
    DISTRIBUTION,
    MIN_IMAGES,
    VALID_FRACTION,
    draw_limb,
    plan_studies,
    write_mura_phantom,
)
from radiobundle.sources import mura
from radiobundle.sources.mura import read_mura


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "mura"
    assert main(["phantom", "mura", str(folder), "--images", "120", "--size", "64", "--seed", "3"]) == 0
    return folder


def test_source_reads_it_from_either_folder(phantom: Path) -> None:
    for folder in (phantom, phantom / DISTRIBUTION):
        found = read_mura(folder)
        assert len(found.table) == 120 and not found.left_out


def test_every_part_is_in_train_and_in_valid(phantom: Path) -> None:
    table = read_mura(phantom).table
    assert tuple(PARTS) == mura.PARTS
    assert (table.groupby("split")[list(PARTS)].sum() > 0).all(axis=None)
    assert set(table["abnormal"]) == {0, 1}


def test_no_part_is_missing_at_the_fewest_images() -> None:
    for seed in range(100):
        valid = plan_studies("valid", round(VALID_FRACTION * MIN_IMAGES), 1, np.random.default_rng(seed))
        assert {study.part for study in valid} == set(PARTS)


def test_studies_have_several_images_and_patients_several_studies(phantom: Path) -> None:
    table = read_mura(phantom).table
    assert table.groupby("study_id").size().max() > 1
    assert table.groupby("patient_id")["study_id"].nunique().max() > 1
    assert table.groupby("patient_id")["split"].nunique().max() == 1


def test_folders_alone_say_the_same(phantom: Path, tmp_path: Path) -> None:
    for part in ("train", "valid"):
        (tmp_path / part).symlink_to(phantom / DISTRIBUTION / part)
    assert set(read_mura(tmp_path).table["image"].map(lambda name: f"{DISTRIBUTION}/{name}")) == set(
        read_mura(phantom).table["image"]
    )


def test_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_mura_phantom(tmp_path / name, n_images=100, size_px=32, seed=1)
    for path in sorted((tmp_path / "one").rglob("*.???")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


@pytest.mark.parametrize("part", PARTS)
def test_injury_changes_bone_within_the_image(part: str) -> None:
    for seed in range(6):
        sound, injured = (
            draw_limb(part, is_abnormal=is_abnormal, size_px=96, random=np.random.default_rng(seed)).astype(int)
            for is_abnormal in (False, True)
        )
        changed = np.abs(injured - sound) > 40
        assert 8 < np.count_nonzero(changed) < 0.25 * changed.size


def test_image_says_that_it_is_synthetic(phantom: Path) -> None:
    with Image.open(next(phantom.rglob("*.png"))) as image:
        assert "synthetic phantom" in image.text["Comment"]  # type: ignore[attr-defined]


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 100"):
        write_mura_phantom(tmp_path / "mura", n_images=99)
