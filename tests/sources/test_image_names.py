"""Image names as people write them."""

# ruff: noqa: RUF005 - cases are added to cases
from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from radiobundle.sources.image_names import relative_name, relative_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("./a.png", "a.png"),
        ("a\\b.png", "a/b.png"),
        ("x/../a.png", "a.png"),
        (" a.png ", "a.png"),
        ("a//b.png", "a/b.png"),
    ]
    + [("../a.png", None), ("x/../../a.png", None), ("C:\\a.png", None), ("/else/a.png", None), ("/data/set", None)],
)
def test_image_name_is_below_the_dataset_folder(tmp_path: Path, text: str, name: str | None) -> None:
    assert relative_name(text, ()) == name
    inside = relative_names(pd.Series([f"{tmp_path}/s/a.png"]), tmp_path / "s" / ".." / "s")
    assert inside.tolist() == ["a.png"]
