"""Options are checked by functions that know no flags, and named to the user as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.cli import COMMANDS, main


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["datalist", "csv", "DIR", "--output", "x", "--labels", "a", "--fractions", "1,1,1"], "--fractions must sum"),
        (["datalist", "csv", "DIR", "--output", "x.json"], "name the labels: --labels A,B,C"),
        (["datalist", "csv", "DIR", "--output", "x.json", "--labels", "a", "--folds", "1"], "--folds 1 with --split"),
        (["report", "DIR/p.csv", "--output", "x", "--map", "image=file"], "--map image=file: no column 'file'"),
        (["report", "DIR/p.csv", "--output", "x", "--map", "image"], "--map image: write NAME=COLUMN"),
    ],
)  # fmt: skip
def test_option_is_named_as_it_is_typed(
    command: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("image,label:a,prob:a\nx.png,1,0.5\n")
    assert main([part.replace("DIR", str(tmp_path)) for part in command]) == 2
    error = capsys.readouterr().err
    assert message in error and "`" not in error


def test_option_of_another_command_is_no_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Data_Entry_2017_v2020.csv",):
        (tmp_path / name).write_bytes("Image Index,Finding Labels\nä.png,Mass\n".encode("cp1252"))
    assert main(["datalist", "chestxray14", str(tmp_path), "--output", str(tmp_path / "x.json")]) == 2
    assert "--encoding" not in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"radiobundle {command}" in capsys.readouterr().out
