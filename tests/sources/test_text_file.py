"""Text in any encoding that tells itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sources.text_file import decode_text

TEXT = "image,a\n1.png,1\n2.png,0\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_encoding_is_recognised(encoding: str) -> None:
    text, notes = decode_text(Path("t.csv"), TEXT.encode(encoding))
    assert text == TEXT
    assert notes == ([] if encoding == "utf-8-sig" else [f"t.csv: read as {encoding[:6].upper()}"])


def test_zero_byte_is_damage_and_no_encoding() -> None:
    with pytest.raises(ValueError, match=r"t\.csv, line 3: holds a zero byte"):
        decode_text(Path("t.csv"), TEXT.replace("2.png", "2\0.png").encode())
