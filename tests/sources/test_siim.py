"""SIIM-ACR's run lengths as masks and boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radiobundle.sources.siim import SIZE_PX, mask_of, read_siim


def runs_of(mask: np.ndarray) -> str:
    """Encode a mask: gap and length in turns, down the columns."""
    flat = np.concatenate([[0], mask.T.ravel().astype(int), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return " ".join(str(value) for value in np.diff(np.concatenate([[0], edges])))


def test_a_mask_is_what_was_encoded() -> None:
    mask = np.random.default_rng(0).random((40, 40)) > 0.7
    mask[0, 0] = False
    np.testing.assert_array_equal(mask_of(runs_of(mask), size_px=40), mask)


def test_boxes_lie_around_masks(tmp_path: Path) -> None:
    mask = np.zeros((SIZE_PX, SIZE_PX), dtype=bool)
    mask[256:512, 128:192] = True
    rows = ["ImageId, EncodedPixels", f"1.2.3,{runs_of(mask)}", "1.2.4,-1", f"1.2.3,{runs_of(np.roll(mask, 512, 1))}"]
    (tmp_path / "train-rle.csv").write_text("\n".join(rows))
    folder = tmp_path / "dicom-images-train/study/series"
    folder.mkdir(parents=True)
    (folder / "1.2.4.dcm").touch()
    table = read_siim(tmp_path).table
    assert list(table["image"]) == ["dicom-images-train/1.2.3.dcm", "dicom-images-train/study/series/1.2.4.dcm"]
    assert list(table["Pneumothorax"]) == [1, 0]
    boxes = table["boxes"][0]
    assert boxes[0] == {"label": "Pneumothorax", "x": 0.125, "y": 0.25, "width": 0.0625, "height": 0.25}
    assert boxes[1]["x"] == 0.625


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1 2 3", "do not fit an image of 1024x1024 px"),
        ("5 9999999", "do not fit an image"),
        ("a b", "EncodedPixels: 'a b' are no whole numbers"),
        ("5 0", "holds an empty mask"),
        ("", "do not fit an image"),
    ],
)
def test_wrong_masks_are_named(tmp_path: Path, cell: str, message: str) -> None:
    (tmp_path / "train-rle.csv").write_text(f"ImageId,EncodedPixels\nx,{cell}\n")
    with pytest.raises(ValueError, match=rf"train-rle\.csv, line 2: .*{message}"):
        read_siim(tmp_path)


def test_an_image_with_and_without_a_mask_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train-rle.csv").write_text("ImageId,EncodedPixels\nx,-1\nx,5 3\n")
    with pytest.raises(ValueError, match="image x has a mask and -1"):
        read_siim(tmp_path)
