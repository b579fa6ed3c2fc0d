"""A patient with too many images is a word that no list knows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.sources.crowded_patients import crowded_patient


@pytest.mark.parametrize(
    ("images", "crowded"),
    [
        ({"tbc": 30, **{f"p{k}": 2 for k in range(40)}}, "tbc"),
        ({"tbc": 30}, "tbc"),
        ({"tbc": 20, **{f"p{k}": 1 for k in range(20)}}, None),  # few images are never too many
        ({"a": 50, "b": 60, "c": 40}, None),  # few patients with many images each
        ({"often": 184, **{f"p{k}": 4 for k in range(1000)}}, None),
    ],
)
def test_crowded_patient(images: dict[str, int], crowded: str | None) -> None:
    ids = pd.Series([name for name, count in images.items() for _ in range(count)] + [np.nan] * 5, dtype=object)
    assert crowded_patient(ids) == crowded


def test_list_with_a_crowded_patient_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{k}.png,{k % 2},{'tbc' if k < 40 else k}\n" for k in range(100))
    (tmp_path / "table.csv").write_text(f"image,a,who\n{rows}")
    command = ["datalist", "csv", str(tmp_path), "--labels", "a", "--patient-column", "who", "--split", "patient"]
    command += ["--missing-images", "keep", "--duplicates", "none", "--output", str(tmp_path / "d.json")]
    assert main(command) == 0
    assert "WARNING: 'tbc' is the patient of 40 of 100 images" in capsys.readouterr().err
    provenance = json.loads((tmp_path / "d.json").read_text())["provenance"]
    assert provenance["patients"]["owns_too_many_images"] == "tbc"
