"""Files and sets of files appear whole; what killed processes leave is cleared; errors name the folder and the need."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from processes import kill_while
from radiobundle.files import (
    folder_sha256,
    parse_json,
    remove_leftovers,
    replacing,
    replacing_folder,
    require_writable_folder,
)


def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path: Path) -> None:
    kill_while("with replacing(folder / 'last.pt') as temporary:\n temporary.write_bytes(b'x' * 9)\n die()", tmp_path)
    (tmp_path / ".hidden").touch()
    assert len(list(tmp_path.glob(".last*"))) == 1
    with replacing(tmp_path / "other.pt") as temporary:
        temporary.touch()
    assert len(list(tmp_path.glob(".last*"))) == 1
    with replacing(tmp_path / "last.pt") as temporary:
        temporary.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "last.pt", "other.pt"]


def test_a_writer_that_still_runs_keeps_its_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("a")
        assert remove_leftovers(tmp_path) == []
    name = f".a~{temporary.name.split('~')[1].split('-')[0]}-{os.getppid()}-0123456789ab.txt"
    (tmp_path / name).touch()
    assert remove_leftovers(tmp_path) == []


FAULTS = {
    errno.ENOSPC: "no space left",
    errno.EDQUOT: "no space left",
    errno.EROFS: "not writable",
    errno.EACCES: "not writable",
}


@pytest.mark.parametrize("code", FAULTS)
def test_faults_of_the_disk_name_the_folder(code: int, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=FAULTS[code]) as caught, replacing(tmp_path / "a.txt"):
        raise OSError(code, os.strerror(code))
    assert str(tmp_path) in str(caught.value) and list(tmp_path.iterdir()) == []


def test_folder_that_vanishes_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(OSError, match="gone: is not a folder"), replacing(folder / "a.txt"):
        folder.rmdir()


def test_writability_and_room_are_asked_for_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_writable_folder(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="MB are needed, but only"):
        require_writable_folder(tmp_path, needed_bytes=2**60)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file: is not a folder"):
        require_writable_folder(tmp_path / "file")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(OSError, match="not writable"):
        require_writable_folder(tmp_path)


@pytest.mark.parametrize("text", ["{", b"\xff\xfe", "NaN", "[Infinity]", "-1e999", "[" * 200_000])
def test_what_is_no_json_names_the_file(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"a\.json: not valid JSON"):
        parse_json(text, "a.json")


def test_the_hash_of_a_folder_is_that_of_names_and_contents(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("x")
    before = folder_sha256(tmp_path)
    (tmp_path / "below").mkdir()
    assert folder_sha256(tmp_path) == before
    (tmp_path / "b").write_text("y")
    changed = folder_sha256(tmp_path)
    (tmp_path / "b").rename(tmp_path / "c")
    assert len({before, changed, folder_sha256(tmp_path)}) == 3


def test_folder_is_replaced_as_a_whole_and_leftovers_of_its_name_go(tmp_path: Path) -> None:
    folder = tmp_path / "out.v2"
    folder.mkdir()
    (folder / "old").touch()
    kill_while("with replacing_folder(folder / 'out.v2') as staging:\n (staging / 'half').touch()\n die()", tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(KeyError), replacing_folder(folder) as staging:
        (staging / "new").touch()
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["out.v2"] and (folder / "old").is_file()
    with replacing_folder(folder) as staging:
        (staging / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out.v2", "new"]


def kill_between_renames(folder: Path) -> None:
    """A writer of a folder with `results` is killed when these are moved aside."""
    folder.mkdir()
    (folder / "results").touch()
    code = f"""
        rename = Path.rename
        def between(path, target):
            rename(path, target)
            die()
        Path.rename = between
        with replacing_folder(folder / {folder.name!r}) as staging:
            (staging / 'new').touch()
    """
    kill_while(code, folder.parent)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["out", "out.v2", ".out", "out.earlier", "a~b", "a.b~c"])
def test_a_folder_that_was_only_moved_aside_comes_back(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    kill_between_renames(folder)
    with pytest.raises(KeyError), replacing_folder(folder):
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == [name] and (folder / "results").is_file()
    with replacing_folder(folder) as staging:
        (staging / "new").touch()
    assert [path.name for path in tmp_path.iterdir()] == [name] and (folder / "new").is_file()


def test_nothing_else_touches_a_folder_that_was_moved_aside(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    kill_between_renames(folder)
    remove_leftovers(tmp_path)
    with replacing(tmp_path / "out.json") as temporary:
        temporary.touch()
    for name in ("out.v2", "out.earlier"):
        with replacing_folder(tmp_path / name):
            pass
    with pytest.raises(KeyError), replacing_folder(folder):
        raise KeyError
    assert (folder / "results").is_file()


def test_an_interruption_between_the_renames_undoes_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "results").touch()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "utime", interrupted)
    with pytest.raises(KeyboardInterrupt), replacing_folder(folder):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and (folder / "results").is_file()


def test_a_folder_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "results").touch()
    rename = Path.rename

    def fail_into_place(path: Path, target: Path) -> Path:
        if "~earlier" not in path.name and target == folder:
            raise OSError(errno.ENOTEMPTY, "in the way")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_into_place)
    with pytest.raises(OSError, match="in the way"), replacing_folder(folder):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and (folder / "results").is_file()
