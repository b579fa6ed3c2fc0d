"""A store that cannot be opened is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from radiobundle.viewing.runs import open_runs
from radiobundle.viewing.store import kept_pixels


def test_a_store_that_is_gone_or_made_by_unknown_code_is_none(trained_run: dict[str, str], tmp_path: Path) -> None:
    run = open_runs([trained_run["output_dir"]])[0]
    config = json.loads(json.dumps(run.facts["config"]))
    moved = replace(run, facts={"config": {**config, "store_dir": str(tmp_path)}})
    unknown = replace(run, facts={"config": {**config, "reader": {"_target_": "nobody.Reader"}}})
    assert kept_pixels(run) and kept_pixels(moved) is None and kept_pixels(unknown) is None
    assert not list(tmp_path.iterdir())
