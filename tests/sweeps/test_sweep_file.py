"""A sweep file says what it means, or is refused with the key and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radiobundle.sweeps.sweep_file import Row, read_sweep


def test_paths_are_relative_to_the_file_and_the_rest_has_defaults(sweep_file: Any, tmp_path: Path) -> None:
    found = read_sweep(sweep_file())
    assert found.dataset_dir == str(tmp_path / "images")
    assert found.datalists == (tmp_path / "datalist.json",)
    assert (found.seeds, found.rows, found.pruner, found.epochs) == ((0,), (Row("baseline"),), "none", 1)


def test_a_pattern_names_all_folds(sweep_file: Any, tmp_path: Path) -> None:
    for fold in (1, 0):
        (tmp_path / f"list-fold{fold}.json").write_text("{}")
    found = read_sweep(sweep_file(datalist="list-fold*.json"))
    assert [path.name for path in found.datalists] == ["list-fold0.json", "list-fold1.json"]


def test_places_on_the_command_line_come_first(sweep_file: Any, tmp_path: Path) -> None:
    found = read_sweep(sweep_file(), dataset_dir=tmp_path / "other", datalist=tmp_path / "datalist.json")
    assert found.dataset_dir == str(tmp_path / "other")


def test_1e_minus_4_is_a_number(sweep_file: Any) -> None:
    search = {"trials": 2, "ranges": {"learning_rate": {"low": "1e-4", "high": 1}}}
    found = read_sweep(sweep_file(grid={"weight_decay": ["1e-4", "1e-4x"]}, search=search))
    assert found.grid == {"weight_decay": (0.0001, "1e-4x")}
    assert found.search is not None and found.search.ranges["learning_rate"]["low"] == 0.0001


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"seed": [0]}, "unknown key 'seed'; did you mean 'seeds'"),
        ({"rows": [{"name": "a", "recipe": ["focal"]}]}, "unknown key 'rows: recipe'; did you mean 'recipes'"),
        ({"search": {"trials": 2, "ranges": {"seed": {"lo": 1}}}}, "'search: ranges: lo'; did you mean 'low'"),
        ({"seeds": [0, 0]}, "'seeds'"),
        ({"bundle": "nowhere"}, "configs/train.json"),
        ({"datalist": "nowhere*.json"}, "no file matches the pattern .*nowhere"),
        ({"budget": {"minutes": float("nan")}}, "minutes nan is no time"),
        ({"budget": {"minutes": float("inf")}}, "minutes inf is no time"),
        ({"grid": {3: [1, 2]}}, "key 3 is no text"),
        ({"overrides": {True: 1}}, "key True is no text"),
        ({"dataset_dir": {"nih": 3}}, "'dataset_dir#nih': 3 is not of type 'string'"),
        ({"search": {"trials": 2, "ranges": {"learning_rate": {"low": 0, "high": float("inf")}}}}, "or not finite"),
        ({"overrides": {"seed": 3}}, "say seeds instead"),
        ({"grid": {"max_epochs": [1, 2]}}, "say budget"),
        ({"rows": [{"name": "a"}, {"name": "a"}]}, "rename one"),
        ({"pruner": "median"}, "a pruner needs a search"),
        ({"search": {"trials": 2, "ranges": {"learning_rate": {"low": 2, "high": 1}}}}, "not below high"),
        ({"search": {"trials": 2, "ranges": {"learning_rate": {"low": 0, "high": 1, "log": True}}}}, "log needs low"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(sweep_file: Any, content: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_sweep(sweep_file(**content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.yaml: no such file"):
        read_sweep(tmp_path / "nowhere.yaml")


def test_whole_numbers_may_be_written_as_floats(sweep_file: Any) -> None:
    search = {"trials": 2.0, "ranges": {"learning_rate": {"low": 0.1, "high": 1}}}
    found = read_sweep(sweep_file(seeds=[1.0, 2], budget={"epochs": "1e1"}, search=search))
    assert found.search is not None
    numbers = (*found.seeds, found.epochs, found.search.trials)
    assert numbers == (1, 2, 10, 2) and {type(number) for number in numbers} == {int}


def test_a_file_that_contains_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text("bundle: a\noverrides: &a {b: *a}\n")
    with pytest.raises(ValueError, match="contains itself"):
        read_sweep(tmp_path / "sweep.yaml")
