"""Several models on the same images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.cli import main


def test_a_model_does_not_differ_from_itself(predictions_csv: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "predictions.csv"
    copy.parent.mkdir()
    copy.write_bytes(predictions_csv.read_bytes())
    output = tmp_path / "comparison"
    command = ["compare", str(predictions_csv.parent), str(copy.parent), "--output", str(output)]
    assert main([*command, "--bootstrap", "100"]) == 0
    (differences,) = json.loads((output / "compare.json").read_text())["differences"].values()
    auroc = differences["overall"]["probability"]["auroc"]
    assert (auroc["value"], auroc["low"], auroc["high"], auroc["p"]) == (0, 0, 0, 1)


def test_comparison_of_different_images_is_refused(
    predictions_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / "predictions.csv"
    other.parent.mkdir()
    other.write_text("\n".join(predictions_csv.read_text().splitlines()[:-5]) + "\n")
    assert main(["compare", str(predictions_csv), str(other), "--output", str(tmp_path / "c")]) == 2
    assert "images" in capsys.readouterr().err
