"""The tests stand where what they test stands: those of `src/radiobundle/a/b.py` in `tests/a/test_b.py`."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "radiobundle"
ACROSS = {
    "reporting/test_no_skill.py",  # every number and figure that a model without skill would get
    "test_examples.py",  # docstrings
    "test_layers.py",  # CONTRIBUTING.md
    "test_threat_model.py",  # docs/sharing.md
    "test_tree.py",
}
TEST_FILES = sorted(TESTS.rglob("test_*.py"))


def subject_exists(path: Path) -> bool:
    name = path.relative_to(TESTS)
    if name.as_posix() in ACROSS or name.parts[0] == "shipped":  # bundles and recipes that ship, run as a whole
        return True
    if name.parts[0] == "scripts":
        return (TESTS.parent / "scripts" / path.name.removeprefix("test_")).is_file()
    subject = SOURCE / name.parent / path.stem.removeprefix("test_")
    same_as_folder = subject.name == subject.parent.name  # what the modules of a folder have in common
    is_file = subject.with_suffix(".py").is_file() or subject.with_suffix(".js").is_file()
    return is_file or subject.is_dir() or same_as_folder


def test_every_test_file_has_its_source() -> None:
    assert [path.relative_to(TESTS).as_posix() for path in TEST_FILES if not subject_exists(path)] == []


def test_every_exception_is_needed() -> None:
    assert {path.relative_to(TESTS).as_posix() for path in TEST_FILES} >= ACROSS
