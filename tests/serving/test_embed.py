"""Features of any images, in files that others read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.cli import main
from radiobundle.models.trained import load_model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    paths = make_blob_list(tmp_path_factory.mktemp("run"))
    run_bundle("train", **TINY, **paths, max_epochs=1)
    return paths


def embed(run: dict[str, str], output: Path, *more: str, also: tuple[Path, ...] = ()) -> int:
    inputs = [run["dataset_dir"], *map(str, also)]
    return main(["embed", run["output_dir"], *inputs, "--output", str(output), "--precision", "fp32", *more])


def test_every_format_holds_the_features_of_the_model(run: dict[str, str], tmp_path: Path) -> None:
    for suffix in (".npz", ".csv", ".parquet"):
        assert embed(run, tmp_path / f"f{suffix}", "--batch-size", "7") == 0
    with np.load(tmp_path / "f.npz") as file:
        names, features = file["images"].tolist(), file["features"]
    model = load_model(run["output_dir"], precision="fp32")
    pixels = np.stack([model.reader(Path(run["dataset_dir"]) / name) for name in names[:3]])
    np.testing.assert_allclose(features[:3], model.features(pixels), atol=1e-5)
    assert len(names) == 30 and features.dtype == np.float32
    for table in (pd.read_csv(tmp_path / "f.csv"), pd.read_parquet(tmp_path / "f.parquet")):
        assert table["image"].tolist() == names
        np.testing.assert_allclose(table.drop(columns="image").to_numpy(), features, rtol=1e-5, atol=1e-6)


def test_what_fails_is_told_and_wrong_input_refused(
    run: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "f.npz"
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    assert embed(run, output, also=(tmp_path / "broken.png",)) == 1
    printed = capsys.readouterr()
    assert "broken.png: " in printed.err and "30 images" in printed.out and "1 image failed" in printed.out
    assert embed(run, output) == 2 and "exists; allow it to be replaced by --overwrite" in capsys.readouterr().err
    assert embed(run, output, "--overwrite") == 0
    assert embed(run, tmp_path / "f.txt") == 2 and "ends in .npz, .parquet, .csv" in capsys.readouterr().err
    command = ["embed", run["output_dir"], str(tmp_path / "broken.png"), "--output", str(tmp_path / "g.npz")]
    assert main(command) == 2 and "no image could be read: " in capsys.readouterr().err
