"""A run that was started elsewhere, with relative paths, still finds its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bundle_runs import chdir
from radiobundle.viewing.listed import find_source
from radiobundle.viewing.runs import open_runs
from radiobundle.viewing.settings import settings_of, starting_folders
from viewing_cases import make_run


def restate(run: Path, **config: Any) -> None:
    manifest = json.loads((run / "run.json").read_text())
    manifest["config"] = config
    manifest["datalist"]["path"] = config["datalist"]
    (run / "run.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("here", [".", "bundle", "elsewhere/deep"])
def test_paths_lead_from_where_the_training_was_started(tmp_path: Path, here: str) -> None:
    run = make_run(tmp_path)
    for folder in ("bundle/store", "elsewhere/deep"):
        (tmp_path / folder).mkdir(parents=True)
    restate(run, output_dir="../run", dataset_dir="../images", datalist="../list.json", store_dir="./store")
    with chdir(tmp_path / here):
        opened = open_runs([run])[0]
        found = settings_of(opened)
        source = find_source(opened)
        assert found["store_dir"].resolve() == tmp_path / "bundle/store"
    assert source.notes == () and source.listed is not None and len(source.listed.items) == 12


def test_defaults_are_relative_to_the_bundle(tmp_path: Path) -> None:
    run = make_run(tmp_path, name="output")
    root = {"bundle_root": ".", "output_dir": "$@bundle_root + '/output'"}
    restate(run, **root, dataset_dir="$@bundle_root + '/images'", datalist="./list.json", label_map=None)
    found = settings_of(open_runs([run])[0])
    assert found == {"dataset_dir": tmp_path / "images", "datalist": tmp_path / "list.json"}


def test_folders_of_several_sets_are_found_each(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    restate(run, output_dir="run", dataset_dir={"a": "images", "b": "/nowhere"}, datalist="list.json")
    found = settings_of(open_runs([run])[0])["dataset_dir"]
    assert found == {"a": tmp_path / "images", "b": Path("/nowhere")}


def test_a_run_that_was_moved_has_no_known_start(tmp_path: Path) -> None:
    assert starting_folders(tmp_path / "moved", "../run") == []
    assert starting_folders(tmp_path / "run", "/absolute/run") == []
    assert starting_folders(tmp_path / "run", "../../../../run") == []
    assert starting_folders(tmp_path / "run", "") == []
    assert starting_folders(tmp_path / "a/run", "./a/run") == [tmp_path]
