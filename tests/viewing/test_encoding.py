"""Values reach the page as they are, and no text can end a script."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radiobundle.viewing.encoding import deflated, packed_array, write_script
from viewing_cases import inflated, read_script, unpacked


def test_arrays_survive_as_little_endian() -> None:
    values = np.array([[1.5, np.nan], [-2, 0]])
    np.testing.assert_array_equal(unpacked(packed_array(values, "float32")), values.ravel())
    big = np.array([1, -1], dtype=">i4")
    assert packed_array(big, "int32") == packed_array(big.astype("<i4"), "int32")


@pytest.mark.parametrize("kind", ["u1", "<u2", ">u2"])
def test_pixels_survive(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 200, (5, 7)).astype(kind)[:, ::-1]
    script = {"data": deflated(pixels), "bits": 8 * pixels.itemsize, "width": 7, "height": 5}
    np.testing.assert_array_equal(inflated(script), pixels)


def test_no_text_ends_a_script(tmp_path: Path) -> None:
    text = "</script><!--'\"\\\u2028\u2029\n\0é\udce9"
    write_script(tmp_path / "a/b.js", text, {text: [text]})
    written = (tmp_path / "a/b.js").read_text("ascii")
    assert "<" not in written and written.count("\n") == 1
    assert read_script(tmp_path / "a/b.js") == (text, {text: [text]})
    with pytest.raises(ValueError):
        write_script(tmp_path / "c.js", "key", float("nan"))
