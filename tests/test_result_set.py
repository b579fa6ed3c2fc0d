"""Results are a set: whole, never mixed, completed by the next reader."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from processes import kill_while
from radiobundle.files import read_json, write_json
from radiobundle.result_set import MANIFEST, Maker, check_results, complete_results, require_replaceable, result_set


def set_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".txt", ".png")}


MOMENTS = {
    "while it is made": (
        "with result_set(folder, made_by='report') as new:\n (new / 'page.txt').write_text('new')\n die()"
    ),
    "before it is valid": "sets.complete_results = die\n",
    "when nothing is moved": "sets.listed_results = die\n",
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
    "with result_set(folder, made_by='report') as new:\n"
    " for name in ('page.txt', 'metrics.txt', 'b.png'):\n"
    "  (new / name).write_text('new')\n"
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_set_is_never_mixed_and_is_completed_by_the_next_reader(moment: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with result_set(tmp_path, made_by="report") as folder:
        for name in ("page.txt", "metrics.txt", "a.png"):
            (folder / name).write_text("old")
    code = MOMENTS[moment]
    if moment in ("before it is valid", "when nothing is moved"):
        # Die at the second call: the first one clears up before the new set is made.
        name = "complete_results" if moment == "before it is valid" else "listed_results"
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
    with result_set(tmp_path, made_by="report") as folder:
        (folder / "page.txt").write_text("a")
    (tmp_path / "page.txt").write_text("b")
    with pytest.raises(ValueError, match=r"page\.txt: has changed"):
        check_results(tmp_path)
    (tmp_path / "page.txt").unlink()
    with pytest.raises(ValueError, match=r"page\.txt: is missing"):
        check_results(tmp_path)


def test_kept_files_stay_in_the_set(tmp_path: Path) -> None:
    with result_set(tmp_path, made_by="report") as folder:
        (folder / "in.txt").write_text("in")
        (folder / "old.txt").write_text("old")
    with result_set(tmp_path, made_by="report", keep=["in.txt"]) as folder:
        (folder / "new.txt").write_text("new")
    assert set_of(tmp_path) == {"in.txt": "in", "new.txt": "new"}
    assert set(read_json(tmp_path / MANIFEST)["files"]) == {"in.txt", "new.txt"}


@pytest.mark.parametrize("name", ["a.txt", "b.txt"])
def test_what_no_set_left_like_that_is_replaced_only_when_asked(name: str, tmp_path: Path) -> None:
    with result_set(tmp_path, made_by="report") as folder:
        (folder / "a.txt").write_text("old")
    (tmp_path / name).write_text("mine")
    before = set_of(tmp_path)
    with (
        pytest.raises(ValueError, match=rf"would replace {name}.*give `overwrite`"),
        result_set(tmp_path, made_by="report", overwrite=False) as folder,
    ):
        (folder / "b.txt").write_text("new")
    assert set_of(tmp_path) == before
    with result_set(tmp_path, made_by="report") as folder:
        (folder / "b.txt").write_text("new")
    assert set_of(tmp_path) == {"b.txt": "new"}


def test_results_of_another_command_are_deleted_only_when_asked(tmp_path: Path) -> None:
    with result_set(tmp_path, made_by="evaluation") as folder:
        (folder / "predictions.txt").write_text("dear")
    with (
        pytest.raises(ValueError, match="holds the results of an evaluation, which would be deleted"),
        result_set(tmp_path, made_by="compare", overwrite=False),
    ):
        pass
    assert set_of(tmp_path) == {"predictions.txt": "dear"}
    with result_set(tmp_path, made_by="report", replaces=["evaluation"], overwrite=False) as folder:
        (folder / "report.txt").write_text("new")
    assert set_of(tmp_path) == {"report.txt": "new"}
    with result_set(tmp_path, made_by="compare") as folder:
        (folder / "compare.txt").write_text("new")
    assert set_of(tmp_path) == {"compare.txt": "new"}


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "a/b.txt", ".hidden", ""])
def test_a_list_of_results_cannot_reach_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").touch()
    (tmp_path / "run").mkdir()
    write_json(tmp_path / "run" / MANIFEST, {"schema": "radiobundle-results/1", "files": {name: "0" * 64}})
    with pytest.raises(ValueError, match=r"results\.json"), result_set(tmp_path / "run", made_by="report"):
        pass
    assert (tmp_path / "x.txt").exists()


def test_error_inside_a_set_leaves_the_old_one(tmp_path: Path) -> None:
    with result_set(tmp_path, made_by="report") as folder:
        (folder / "a.txt").write_text("old")
    with pytest.raises(KeyError), result_set(tmp_path, made_by="report") as folder:
        (folder / "a.txt").write_text("new")
        raise KeyError
    assert set_of(tmp_path) == {"a.txt": "old"}
    complete_results(tmp_path)


def test_results_of_every_maker_can_be_named(tmp_path: Path) -> None:
    for maker in get_args(Maker):
        with result_set(tmp_path / maker, made_by=maker) as folder:
            (folder / "a.txt").touch()
        other: Maker = "report" if maker != "report" else "compare"
        with pytest.raises(ValueError, match=r"holds the results of an? .*, which would be deleted"):
            require_replaceable(tmp_path / maker, other)
