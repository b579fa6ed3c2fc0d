"""What a look at all images finds."""

from __future__ import annotations

import errno
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from radiobundle.datalists.survey import existing_images, similar_file, survey_images
from radiobundle.phantoms.pneumonia import write_pneumonia_phantom


def test_reencoded_image_is_found_and_another_image_is_not(tmp_path: Path) -> None:
    phantom = tmp_path / "phantom"
    write_pneumonia_phantom(phantom, n_images=60, size_px=64, seed=3)
    with Image.open(phantom / "train/infected/covid/1.jpg") as image:
        image.resize((128, 128)).save(phantom / "train/infected/covid/copy.png")
        image.point(lambda value: min(255, int(value * 1.15))).save(phantom / "train/infected/covid/bright.jpg")
    names = sorted(path.relative_to(phantom).as_posix() for path in phantom.rglob("*.[jp][pn]g"))
    survey = survey_images(phantom, names)
    folder = "train/infected/covid"
    assert survey.near_identical == [[f"{folder}/1.jpg", f"{folder}/bright.jpg", f"{folder}/copy.png"]]
    assert survey.byte_identical == []


def test_name_that_no_file_can_have_is_missing(tmp_path: Path) -> None:
    (tmp_path / "1.png").touch()
    names = ["1.png", "2.png", "a" * 300 + ".png", "a" * 300 + "/1.png", "1.png/2.png", "a\0b/1.png", "no/1.png"]
    assert existing_images(tmp_path, pd.Series(names)).tolist() == [True] + [False] * 6


def test_image_in_a_folder_that_nobody_may_open_is_unreadable_and_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    (tmp_path / "1.png").touch()
    opened = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder == closed:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert existing_images(tmp_path, pd.Series(["1.png", "closed/2.png", "3.png"])).tolist() == [True, True, False]
    survey = survey_images(tmp_path, ["closed/2.png"], duplicates="bytes")
    assert list(survey.broken) == ["closed/2.png"]


@pytest.mark.parametrize("name", ["1.2.3", "1.2.3.PNG", "elsewhere/1.2.3.png"])
def test_missing_image_is_looked_for_under_similar_names(name: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.2.3.png").touch()
    (tmp_path / "images" / "1.2.4.png").touch()
    assert similar_file(tmp_path, name) == "; there is images/1.2.3.png"
    assert similar_file(tmp_path, "1.2.5.png") == ""
    assert similar_file(tmp_path / "imags", name) == "; the folder does not exist"
