"""What a look at all images finds."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from radiobundle.datalists.survey import survey_images
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
