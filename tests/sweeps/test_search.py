"""A search's values depend on its number and its past, pruners decide, storages that cannot be shared are refused."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from radiobundle.reporting.search_figures import plot_search
from radiobundle.sweeps.outcome import Outcome
from radiobundle.sweeps.search import Study
from radiobundle.sweeps.sweep_file import Search

RANGES: dict[str, Any] = {
    "learning_rate": {"low": 1e-4, "high": 1.0, "log": True},
    "width": {"low": 4, "high": 8},
    "dropout": {"low": 0.0, "high": 0.5, "step": 0.25},
    "loss": {"choices": ["@losses#bce", {"_target_": "a.Loss"}, [1, 2]]},
}


def study(folder: Path, *, sampler: str = "tpe", pruner: str = "none", identity: str = "x") -> Study:
    folder.mkdir(exist_ok=True)
    return Study(folder, Search(trials=20, ranges=RANGES, sampler=sampler, seed=3), pruner, identity)


def score(values: dict[str, Any]) -> float:
    return values["dropout"] - abs(values["width"] - 6)


def search(found: Study, count: int, start: int = 0) -> list[dict[str, Any]]:
    chosen = []
    for number in range(start, count):
        chosen.append(found.values(number))
        found.tell(number, [Outcome(id="a", state="complete", score=score(chosen[-1]))])
    return chosen


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_search_that_was_interrupted_chooses_the_same_values(tmp_path: Path, sampler: str) -> None:
    whole = search(study(tmp_path / "whole", sampler=sampler), 14)
    first = study(tmp_path / "parts", sampler=sampler)
    parts = search(first, 11)
    asked = first.values(11)  # and killed before it was told
    again = study(tmp_path / "parts", sampler=sampler)
    assert again.values(11) == asked and not again.is_finished(11) and again.is_finished(10)
    assert [*parts, *search(again, 14, start=11)] == whole
    assert {type(values["width"]) for values in whole} == {int}
    assert {values["dropout"] for values in whole} <= {0.0, 0.25, 0.5}
    assert all(values["loss"] in RANGES["loss"]["choices"] for values in whole)


def test_one_that_was_killed_while_it_chose_is_completed(tmp_path: Path) -> None:
    whole = study(tmp_path / "whole").values(0)
    killed = study(tmp_path / "killed")
    first = replace(killed.search, ranges={"learning_rate": RANGES["learning_rate"]})
    replace(killed, search=first).values(0)
    assert study(tmp_path / "killed").values(0) == whole


def test_the_median_pruner_ends_what_is_worse_than_the_others(tmp_path: Path) -> None:
    found = study(tmp_path / "a", sampler="random", pruner="median")
    for number in range(6):
        found.values(number)
        ask = pickle.loads(pickle.dumps(partial(replace(found).is_hopeless, number)))
        assert not any(ask(epoch, 0.8 + 0.01 * number) for epoch in (1, 2))
        found.tell(number, [Outcome(id="a", state="complete", score=0.8)])
    found.values(6)
    assert found.is_hopeless(6, 1, 0.5)
    found.tell(6, [Outcome(id="a", state="pruned")])
    found.values(7)
    found.tell(7, [Outcome(id="a", state="failed", reason="diverged")])
    assert found.is_finished(6) and found.is_finished(7)


def test_another_search_has_its_own_memory_in_the_same_storage(tmp_path: Path) -> None:
    search(study(tmp_path / "a"), 1)
    assert study(tmp_path / "a").is_finished(0) and not study(tmp_path / "a", identity="y").is_finished(0)


def test_figures_need_a_few_scores(tmp_path: Path) -> None:
    found = study(tmp_path / "a", sampler="random")
    search(found, 3)
    assert plot_search(found.optuna_study) == {}
    search(found, 6, start=3)
    style = dict(matplotlib.rcParams)
    assert set(plot_search(found.optuna_study)) == {"importances", "parallel"}
    assert dict(matplotlib.rcParams) == style


def test_storages_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SQLite cannot be shared"):
        replace(study(tmp_path / "a"), storage="sqlite:///a.db").values(0)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "search.log").write_text("{nothing\n{}\n")
    with pytest.raises(ValueError, match=r"its driver is not installed \(No module named 'oracledb'\); install it"):
        replace(study(tmp_path / "a"), storage="oracle+oracledb://nobody@localhost/none").open()
    with pytest.raises(ValueError, match="cannot be used"):
        study(tmp_path / "b").values(0)
