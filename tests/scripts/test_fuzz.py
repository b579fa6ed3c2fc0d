"""A fast slice of `scripts/fuzz.py`: damaged files of every kind that a command reads."""

from __future__ import annotations

from pathlib import Path

import pytest

import fuzz
from bundle_runs import blank_figures
from fuzz_kinds import make_kinds
from processes import linted_at_once

MUTANTS = 12  # of each kind; the script makes thousands


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> list[fuzz.Kind]:
    pytest.importorskip("onnx")
    pytest.importorskip("pydicom")
    pytest.importorskip("nibabel")
    with linted_at_once(), blank_figures():
        return make_kinds(tmp_path_factory.mktemp("kinds"), fuzz.Kind)


@pytest.mark.slow
def test_no_mutant_of_any_kind_gets_through(kinds: list[fuzz.Kind]) -> None:
    failures = [failure for kind in kinds for failure in fuzz.fuzz(kind, mutants=MUTANTS, seed=7).failures]
    assert len(kinds) == 21 and failures == []


def test_the_fuzzer_sees_what_it_looks_for(tmp_path: Path) -> None:
    def read(path: Path) -> int:
        content = path.read_bytes()
        if content != b"whole":
            {}["raw"]
        return 1

    assert fuzz.fuzz(fuzz.Kind("raw", ".x", b"whole", read), mutants=3, seed=0).outcomes["raw exception"] == 3
    kind = fuzz.Kind("wrong", ".x", b"whole", lambda path: path.read_bytes(), sealed=True)
    assert fuzz.fuzz(kind, mutants=3, seed=0).outcomes["silently wrong"] == 3
