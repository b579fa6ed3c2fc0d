"""`radiobundle weights`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.cli import main
from radiobundle.pretrained.registry import OWN_ENTRIES, entry_files
from weights_cases import ENTRY


def test_list_show_and_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(ENTRY))
    (tmp_path / "net.pt").write_bytes(b"weights")
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path))
    assert main(["weights", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(entry_files())
    assert main(["weights", "show", "mine"]) == 0
    assert "trained on     mura (training)" in capsys.readouterr().out
    assert main(["weights", "get", "mine"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "net.pt")


def test_show_says_whether_a_test_split_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = {"image": "a.png", "label": [1]}
    content = {"labels": ["a"], "task": "multilabel", "training": [], "validation": [], "test": [item]}
    verdicts = {}
    for source in ("chestxray14", "mura", "csv"):
        path = tmp_path / f"{source}.json"
        path.write_text(json.dumps({**content, "provenance": {"source": source, "split": "official"}}))
        status = main(["weights", "show", "densenet121_xrv_all", "--datalist", str(path)])
        verdicts[source] = (status, capsys.readouterr().out.splitlines()[-1].partition(":")[0])
    assert verdicts == {"chestxray14": (1, "LEAK"), "mura": (0, "no leak known"), "csv": (0, "UNKNOWN")}


def test_wrong_names_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "show", "resnet18_imagent"]) == 2
    assert "did you mean 'resnet18_imagenet'?" in capsys.readouterr().err
    assert main(["weights", "get"]) == 2
    assert "name the weights: radiobundle weights get NAME" in capsys.readouterr().err
