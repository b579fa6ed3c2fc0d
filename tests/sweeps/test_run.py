"""Whole sweeps: what is finished is never trained again, what is killed goes on, what fails is said."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bundle_runs import TINY, history, make_blob_list, run_bundle
from radiobundle.files import read_json
from radiobundle.sweeps import worker as workers
from radiobundle.sweeps.configuration import sampled_configuration
from radiobundle.sweeps.final import evaluate_final
from radiobundle.sweeps.outcome import Outcome, write_outcome
from radiobundle.sweeps.plan import make_plan
from radiobundle.sweeps.progress import read_progress
from radiobundle.sweeps.run import SweepRun, _together
from radiobundle.sweeps.search import Study
from radiobundle.sweeps.sweep_file import read_sweep
from sweep_cases import quick_trials, write_sweep

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]
FOUR = {"grid": {"learning_rate": [0.01, 0.003]}, "seeds": [0, 1], "budget": {"epochs": 2}}


def start(path: Path, folder: Path, said: list[str] | None = None) -> SweepRun:
    return SweepRun(make_plan(read_sweep(path)), folder, say=(said if said is not None else []).append)


def sweep(path: Path, folder: Path, said: list[str] | None = None) -> Any:
    run = start(path, folder, said)
    run.work()
    return run.write()


def in_a_process(path: Path, folder: Path) -> int:
    """Start a worker; return its process."""
    child = os.fork()
    if not child:
        try:
            start(path, folder).work()
        finally:
            os._exit(0)
    return child


def tables(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name in ("results.csv", "trials.csv")]


def test_a_trial_is_what_monai_runs_and_rows_that_are_gained_are_all_that_is_trained(
    sweep_file: Any, tmp_path: Path
) -> None:
    said: list[str] = []
    sweep(sweep_file(), tmp_path / "sweep", said)
    [trial] = (tmp_path / "sweep/trials").iterdir()
    assert len(said) == 1 and "auroc" in said[0]
    paths = {"dataset_dir": str(tmp_path / "images"), "datalist": str(tmp_path / "datalist.json")}
    paths |= {"output_dir": str(tmp_path / "stock"), "store_dir": str(tmp_path / "store")}
    run_bundle("train", **TINY, **paths, max_epochs=1)
    pd.testing.assert_frame_equal(history({"output_dir": str(trial)}), history(paths))
    assert set(pd.read_csv(trial / "predictions.csv")["split"]) == {"validation"}
    assert not (trial / "models/last.pt").exists()

    rows = [
        {"name": "renamed"},
        {"name": "diverges", "overrides": {"learning_rate": 1e38}},
        {"name": "broken", "overrides": {"loss_function": {"_target_": "torch.nn.NLLLoss", "no_such": 1}}},
    ]
    found = sweep(sweep_file(rows=rows), tmp_path / "sweep", said)
    assert len(said) == 3 and all("FAILED" in text for text in said[1:])
    reasons = {one.trial.configuration.name: str(one.outcome.reason) for one in found.failed}
    assert "_loss was" in reasons["diverges"] and "no_such" in reasons["broken"]
    results = pd.read_csv(tmp_path / "sweep/results.csv")
    assert list(results["failed"]) == [0, 1, 1] and "diverged" in results["verdict"][1]
    assert list(pd.read_csv(tmp_path / "sweep/trials.csv")["auroc"].isna()) == [False, True, True]
    states = {progress.state for progress in read_progress(tmp_path / "sweep")}
    assert states == {"complete", "failed"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a sweep that one worker did without an interruption."""
    folder = tmp_path_factory.mktemp("whole")
    make_blob_list(folder)
    with quick_trials():
        sweep(write_sweep(folder, **FOUR), folder / "sweep")
    return folder / "sweep"


def test_a_killed_sweep_ends_as_if_it_had_not_been_killed(sweep_file: Any, tmp_path: Path, whole: Path) -> None:
    path, folder = sweep_file(**FOUR), tmp_path / "killed"
    child = in_a_process(path, folder)
    deadline = time.monotonic() + 60
    while not list(folder.glob("trials/*/models/last.pt")) and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert any(progress.state == "waiting" for progress in read_progress(folder))
    sweep(path, folder)
    assert tables(folder) == tables(whole)


def test_two_workers_share_the_trials_and_find_the_same(sweep_file: Any, tmp_path: Path, whole: Path) -> None:
    path, folder = sweep_file(**FOUR), tmp_path / "sweep"
    child = in_a_process(path, folder)
    said: list[str] = []
    sweep(path, folder, said)
    os.waitpid(child, 0)
    assert 0 < len(said) < 4
    for trial in (folder / "trials").iterdir():
        assert len(read_json(trial / "run.json")["starts"]) == 1
    assert tables(folder) == tables(whole)


def test_a_worker_with_other_data_is_refused(sweep_file: Any, tmp_path: Path) -> None:
    start(sweep_file(), tmp_path / "sweep")
    content = json.loads((tmp_path / "datalist.json").read_text())
    (tmp_path / "datalist.json").write_text(json.dumps({**content, "training": content["training"][1:]}))
    with pytest.raises(ValueError, match="begun with other data sha256"):
        start(sweep_file(), tmp_path / "sweep")


def test_a_worker_with_other_images_is_refused(sweep_file: Any, tmp_path: Path) -> None:
    path = sweep_file()
    start(path, tmp_path / "sweep")
    start(path, tmp_path / "sweep")
    for image in (tmp_path / "images").glob("1*.png"):
        Image.fromarray(255 - np.asarray(Image.open(image).rotate(90))).save(image)
    with pytest.raises(ValueError, match="begun with other images sha256"):
        start(path, tmp_path / "sweep")


def test_a_search_is_pruned_and_goes_on_where_it_was(sweep_file: Any, tmp_path: Path, monkeypatch: Any) -> None:
    ranges = {"learning_rate": {"low": 0.001, "high": 0.1, "log": True}, "batch_size": {"choices": [6, 9]}}
    path = sweep_file(search={"sampler": "tpe", "trials": 3, "ranges": ranges}, pruner="median", budget={"epochs": 2})

    def is_hopeless(study: Study, number: int, epoch: int, score: float) -> bool:
        return number == 1

    monkeypatch.setattr(Study, "is_hopeless", is_hopeless)
    found = sweep(path, tmp_path / "sweep")
    assert [row.count("pruned") for row in found.summary.rows] == [0, 0, 1, 0]
    names = [row.name for row in found.summary.rows]
    again: list[str] = []
    assert [row.name for row in sweep(path, tmp_path / "sweep", again).summary.rows] == names and again == []
    assert "batch_size=" in names[1] and found.summary.rows[2].verdict == "pruned"


def test_test_is_touched_by_the_named_configuration_alone(sweep_file: Any, tmp_path: Path, whole: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "sweep"))
    run = start(sweep_file(**FOUR), folder)
    found = run.write()
    with pytest.raises(ValueError, match=r"no configuration is named .*; did you mean"):
        evaluate_final(run.worker, found.summary, ["learning_rate=0.1"])
    final = pd.read_csv(evaluate_final(run.worker, found.summary, ["learning_rate=0.003"]))
    assert list(final["configuration"]) == ["learning_rate=0.003"] and final["trainings"][0] == 2
    for trial in (folder / "trials").iterdir():
        splits = set(pd.read_csv(trial / "predictions.csv")["split"])
        assert ("test" in splits) == ("0.003" in trial.name)
    together = pd.read_csv(folder / "final/learning_rate=0.003/predictions.csv")
    members = [pd.read_csv(path / "predictions.csv") for path in (folder / "trials").glob("*0.003*")]
    mean = (members[0]["prob:covid"] + members[1]["prob:covid"]) / 2
    pd.testing.assert_series_equal(together["prob:covid"], mean)
    run.write()
    assert tables(folder) == tables(whole)


def test_what_the_file_names_keeps_its_name_when_a_search_finds_it_too(sweep_file: Any) -> None:
    search = {"trials": 1, "ranges": {"learning_rate": {"choices": [0.01, 0.02]}}}
    plan = make_plan(
        read_sweep(sweep_file(rows=[{"name": "base", "overrides": {"learning_rate": 0.01}}], search=search))
    )
    twin, other = (plan.trials_of(sampled_configuration(plan.sweep, {"learning_rate": rate})) for rate in (0.01, 0.02))
    found = _together(plan.trials, [*twin, *other])
    assert [trial.configuration.name for trial in found] == ["base", "learning_rate=0.02"]


def test_what_a_search_has_failed_is_tried_again_when_asked(
    sweep_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    state = "failed"

    def run_process(target: Any, job: Any) -> int:
        ran.append(job.id)
        job.folder.mkdir(parents=True)
        (job.folder / "predictions.csv").touch()
        write_outcome(job.folder, Outcome(id=job.id, state=state, score=0.5))  # type: ignore[arg-type]
        return 0

    monkeypatch.setattr(workers, "run_process", run_process)
    search = {"trials": 2, "ranges": {"learning_rate": {"low": 0.1, "high": 1.0}}}
    run = start(sweep_file(search=search, seeds=[0, 1]), tmp_path / "sweep")
    run.work()
    assert len(ran) == 4  # both seeds of the row, and the first of each configuration of the search
    run.work()
    assert len(ran) == 4
    state = "complete"
    run.forget_failures()
    run.work()
    assert len(ran) == 4 + 6 and set(ran[:4]) < set(ran[4:])


def test_an_override_may_be_null(sweep_file: Any, tmp_path: Path) -> None:
    rows = [{"name": "stops"}, {"name": "goes on", "overrides": {"early_stop_patience": None}}]
    run = start(sweep_file(rows=rows), tmp_path / "sweep")
    run.work()
    stated = [read_json(run.worker.folder_of(trial) / "run.json", fix="") for trial in run.plan.trials]
    assert [one["config"]["early_stop_patience"] for one in stated] == [10, None]
    assert stated[1]["command"][stated[1]["command"].index("--early_stop_patience") + 1] == "$None"
