"""`radiobundle sweep`: what it lists and says, and its exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import make_blob_list
from radiobundle.cli import main
from sweep_cases import quick_trials, write_sweep


@pytest.fixture
def sweep_file(tmp_path: Path) -> Iterator[Path]:
    make_blob_list(tmp_path)
    rows = [{"name": "as it is"}, {"name": "broken", "overrides": {"learning_rate": -1}}]
    path = write_sweep(tmp_path, rows=rows)
    path.write_text(path.read_text().replace("datalist: datalist.json\n", ""))
    with quick_trials():
        yield path


def test_a_dry_run_lists_and_a_status_counts(sweep_file: Path, tmp_path: Path, capsys: Any) -> None:
    output, options = str(tmp_path / "out"), ["--datalist", str(tmp_path / "datalist.json")]
    assert main(["sweep", str(sweep_file), "--output", output, *options, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "waiting   as-it-is-fold0-seed0-" in said and "2 trials: 2 waiting" in said
    assert not Path(output).exists()
    assert main(["sweep", str(sweep_file), "--output", output, *options, "--worker"]) == 0
    assert not (tmp_path / "out/results.csv").exists()
    capsys.readouterr()
    assert main(["sweep", str(sweep_file), "--output", output, *options]) == 1
    said = capsys.readouterr().out
    assert "broken - no result" in said and "1 trial failed; --retry-failed trains them again" in said
    assert f"{output}: report.html, report.md, results.csv, trials.csv, timings.csv\n" in said
    assert main(["sweep", "status", output]) == 0
    said = capsys.readouterr().out
    assert "2 trials: 1 complete, 1 failed" in said and "failed: broken-fold0" in said


def test_an_estimate_is_of_a_few_batches(sweep_file: Path, tmp_path: Path, capfd: Any) -> None:
    options = ["--datalist", str(tmp_path / "datalist.json"), "--output", str(tmp_path / "out")]
    assert main(["sweep", str(sweep_file), *options, "--estimate"]) == 0
    assert re.search(
        r"one training of 'as it is': about 0\.\d min; 2 like it, one worker: 0 min", capfd.readouterr().out
    )
    assert not (tmp_path / "out/trials").exists()


def test_what_is_missing_is_said(sweep_file: Path, tmp_path: Path, capsys: Any) -> None:
    for arguments in (["status"], [str(sweep_file)], ["status", str(tmp_path)]):
        assert main(["sweep", *arguments]) == 2
    assert main(["sweep", str(sweep_file), "--output", str(tmp_path / "out"), "--dry-run"]) == 2
    assert "states no datalist; add it, or give --datalist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--output", ""], "--output is empty"),
        (["--output", "out", "--slurm", "0"], "--slurm 0: submit at least one"),
        (["--output", "out", "--final", "as it was"], "did you mean 'as it is'"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_trained(
    sweep_file: Path, monkeypatch: Any, capsys: Any, options: list[str], message: str
) -> None:
    monkeypatch.chdir(sweep_file.parent)
    assert main(["sweep", str(sweep_file), "--datalist", "datalist.json", *options]) == 2
    assert message in capsys.readouterr().err
    assert not Path("out").exists()
