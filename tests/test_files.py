"""Files and sets of files appear whole; what killed processes leave is cleared; errors name the folder and the need."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from radiobundle.files import parse_json, read_json, remove_leftovers, replacing, require_writable_folder, write_json
from radiobundle.result_set import MANIFEST, check_results, complete_results, result_set


def kill_while(code: str, folder: Path) -> None:
    """Run code in a process of its own that kills itself in the middle (`die()`), without any clean-up."""
    prelude = f"""
        import os, signal
        from pathlib import Path
        from radiobundle.files import *
        from radiobundle.result_set import *
        import radiobundle.result_set as sets
        folder = Path({str(folder)!r})
        def die(*args, **kwargs):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)], check=False)
    assert done.returncode == -9


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


def set_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".txt", ".png")}


MOMENTS = {
    "while it is made": "with result_set(folder) as new:\n (new / 'page.txt').write_text('new')\n die()",
    "before it is valid": "sets.complete_results = die\n",
    "when nothing is moved": "sets._listed = die\n",
    "when the old is gone": "Path.replace = die\n",
    "half-way": (
        "plain = Path.replace\ncount = [0]\n"
        "def few(self, other):\n count[0] += self.parent.name == '.results-complete'\n"
        " return die() if count[0] == 2 else plain(self, other)\n"
        "Path.replace = few\n"
    ),
    "before it is listed": (
        "plain = Path.replace\n"
        "def few(self, other):\n"
        " return die() if self == folder / '.results-complete' / 'results.json' else plain(self, other)\n"
        "Path.replace = few\n"
    ),
}
MAKE_NEW = (
    "with result_set(folder) as new:\n"
    " for name in ('page.txt', 'metrics.txt', 'b.png'):\n"
    "  (new / name).write_text('new')\n"
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_set_is_never_mixed_and_is_completed_by_the_next_reader(moment: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with result_set(tmp_path) as folder:
        for name in ("page.txt", "metrics.txt", "a.png"):
            (folder / name).write_text("old")
    code = MOMENTS[moment]
    if moment in ("before it is valid", "when nothing is moved"):
        # Die at the second call: the first one clears up before the new set is made.
        name = "complete_results" if moment == "before it is valid" else "_listed"
        code = (f"plain = sets.{name}\ncalls = [0]\ndef later(*args):\n calls[0] += 1\n"
                f" return die() if calls[0] == 2 else plain(*args)\nsets.{name} = later\n")  # fmt: skip
    kill_while(code + ("" if "die()" in code and "result_set" in code else MAKE_NEW), tmp_path)
    found = set_of(tmp_path)
    assert found.pop("mine.txt") == "mine" and len(set(found.values())) <= 1, found
    check_results(tmp_path)
    found = set_of(tmp_path)
    assert found.pop("mine.txt") == "mine"
    assert found in (
        {"page.txt": "old", "metrics.txt": "old", "a.png": "old"},
        {"page.txt": "new", "metrics.txt": "new", "b.png": "new"},
    )
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_files_of_a_set_that_changed_or_went_are_named(tmp_path: Path) -> None:
    with result_set(tmp_path) as folder:
        (folder / "page.txt").write_text("a")
    (tmp_path / "page.txt").write_text("b")
    with pytest.raises(ValueError, match=r"page\.txt: has changed"):
        check_results(tmp_path)
    (tmp_path / "page.txt").unlink()
    with pytest.raises(ValueError, match=r"page\.txt: is missing"):
        check_results(tmp_path)


def test_kept_files_stay_in_the_set(tmp_path: Path) -> None:
    with result_set(tmp_path) as folder:
        (folder / "in.txt").write_text("in")
        (folder / "old.txt").write_text("old")
    with result_set(tmp_path, keep=["in.txt"]) as folder:
        (folder / "new.txt").write_text("new")
    assert set_of(tmp_path) == {"in.txt": "in", "new.txt": "new"}
    assert set(read_json(tmp_path / MANIFEST)["files"]) == {"in.txt", "new.txt"}


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "a/b.txt", ".hidden", ""])
def test_a_list_of_results_cannot_reach_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").touch()
    (tmp_path / "run").mkdir()
    write_json(tmp_path / "run" / MANIFEST, {"schema": "radiobundle-results/1", "files": {name: "0" * 64}})
    with pytest.raises(ValueError, match=r"results\.json"), result_set(tmp_path / "run"):
        pass
    assert (tmp_path / "x.txt").exists()


def test_error_inside_a_set_leaves_the_old_one(tmp_path: Path) -> None:
    with result_set(tmp_path) as folder:
        (folder / "a.txt").write_text("old")
    with pytest.raises(KeyError), result_set(tmp_path) as folder:
        (folder / "a.txt").write_text("new")
        raise KeyError
    assert set_of(tmp_path) == {"a.txt": "old"}
    complete_results(tmp_path)


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
    with pytest.raises(OSError, match="gone: is no folder, or is gone"), replacing(folder / "a.txt"):
        folder.rmdir()


def test_writability_and_room_are_asked_for_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_writable_folder(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="MB are needed and"):
        require_writable_folder(tmp_path, needed_bytes=2**60)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file: is no folder"):
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
