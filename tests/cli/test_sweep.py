"""`radiobundle sweep`: what it lists and says, and its exit status."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from bundle_runs import PNEUMONIA, TINY, make_blob_list
from processes import START_METHOD
from radiobundle.cli import main
from radiobundle.sweeps import processes


@pytest.fixture
def sweep_file(tmp_path: Path) -> Path:
    make_blob_list(tmp_path)
    rows = [{"name": "as it is"}, {"name": "broken", "overrides": {"learning_rate": "no number"}}]
    content = {
        "bundle": str(PNEUMONIA),
        "dataset_dir": "images",
        "overrides": TINY,
        "budget": {"epochs": 1},
        "rows": rows,
    }
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_dry_run_lists_and_a_status_counts(sweep_file: Path, tmp_path: Path, capsys: Any) -> None:
    output, options = str(tmp_path / "out"), ["--datalist", str(tmp_path / "datalist.json")]
    assert main(["sweep", str(sweep_file), "--output", output, *options, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "waiting   as-it-is-fold0-seed0-" in said and "2 trials: 2 waiting" in said
    assert not Path(output).exists()
    with patch.object(processes, "START_METHOD", START_METHOD):
        assert main(["sweep", str(sweep_file), "--output", output, *options, "--worker"]) == 0
        assert not (tmp_path / "out/results.csv").exists()
        capsys.readouterr()
        assert main(["sweep", str(sweep_file), "--output", output, *options]) == 1
    assert "broken - no result" in capsys.readouterr().out
    assert main(["sweep", "status", output]) == 0
    said = capsys.readouterr().out
    assert "2 trials: 1 complete, 1 failed" in said and "failed: broken-fold0" in said


def test_what_is_missing_is_said(sweep_file: Path, tmp_path: Path, capsys: Any) -> None:
    for arguments in (["status"], [str(sweep_file)], ["status", str(tmp_path)]):
        assert main(["sweep", *arguments]) == 2
    assert main(["sweep", str(sweep_file), "--output", str(tmp_path / "out"), "--dry-run"]) == 2
    assert "states no datalist; add it, or give --datalist" in capsys.readouterr().err
