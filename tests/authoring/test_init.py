"""A new bundle for anybody's labels, and the tutorial that uses one."""

from __future__ import annotations

import json
import logging
import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.cli import main

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_new_bundle_is_clean_and_rendered(task: str, tmp_path: Path) -> None:
    folder = tmp_path / "wrist_fracture"
    assert main(["init", str(folder), "--labels", "none, hairline,displaced", "--task", task, "--size", "64"]) == 0
    assert lint_bundle(folder) == []
    assert main(["render", "--check", str(folder)]) == 0


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--labels", "one", "--task", "multiclass"), "at least two"),
        (("--labels", "a,b,a"), "names one twice"),
        (("--labels", "a,b", "--size", "8"), "at least 32"),
    ],
)
def test_impossible_bundle_is_refused(
    options: tuple[str, ...], match: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "new"), *options]) == 2
    assert match in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["init", str(tmp_path), "--labels", "a,b"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def expand(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.fixture
def run_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Run the commands of a shell script in this process; to start Python for each takes longer than their work."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    loggers = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger) and not one.disabled]
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(script: str) -> None:
        lines = iter(script.replace("\\\n", " ").splitlines())
        for line in lines:
            words = [found for word in shlex.split(line) for found in expand(word)]
            match words:
                case []:
                    continue
                case ["cd", folder]:
                    monkeypatch.chdir(folder)
                case ["radiobundle", *arguments]:
                    assert main(arguments) == 0, line
                case ["python", "-", "<<END"]:
                    exec("\n".join(iter(lines.__next__, "END")), {})
                case ["python", "-m", module, *arguments]:
                    monkeypatch.setattr(sys, "argv", [module, *arguments])
                    runpy.run_module(module, run_name="__main__", alter_sys=True)
                case _:
                    raise AssertionError(f"what is {line!r}?")

    yield run
    root.setLevel(level)  # the bundle's logging.conf has changed it all
    root.handlers[:] = handlers
    for logger in loggers:
        logger.disabled = False


@pytest.mark.slow
def test_tutorial_runs_as_it_stands(tmp_path: Path, run_commands: Callable[[str], None]) -> None:
    run_commands("\n".join(re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), flags=re.DOTALL)))
    answers = pd.read_csv(tmp_path / "answers/predictions.csv")
    assert {"predicted:effusion", "prob:mass", "calibrated:mass"} <= set(answers)
    again = pd.read_csv(tmp_path / "answers_of_the_zip/predictions.csv")
    pd.testing.assert_frame_equal(again, answers, atol=1e-5)
    assert (tmp_path / "run/report.html").is_file() and list((tmp_path / "answers/heat").iterdir())


def test_datalist_and_images_tell_labels_task_and_size(
    paths: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lungs"
    asked = ["init", str(folder), "--datalist", paths["datalist"], "--dataset-dir", paths["dataset_dir"]]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "task multiclass, the labels normal, covid, non-covid exclude each other" in said
    assert "size 32, since the shorter side of 30 images is 32 pixels (median)" in said
    metadata = json.loads((folder / "configs/metadata.json").read_text())
    assert metadata["label_task"] == "multiclass"
    data_format = metadata["network_data_format"]
    assert list(data_format["outputs"]["pred"]["channel_def"].values()) == ["normal", "covid", "non-covid"]
    assert data_format["inputs"]["image"]["spatial_shape"] == [32, 32]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--task", "multilabel"), "is of task multiclass, not multilabel; leave out --task"),
        (("--labels", "normal,sick"), "not normal, sick; leave out --labels"),
    ],
)
def test_what_contradicts_the_datalist_is_refused(
    options: tuple[str, ...], match: str, paths: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "new"), "--datalist", paths["datalist"], *options]) == 2
    assert match in capsys.readouterr().err


def test_new_bundle_shows_its_augmentation(tmp_path: Path) -> None:
    main(["init", str(tmp_path / "new"), "--labels", "a", "--size", "32"])
    authored = json.loads((tmp_path / "new/authored/config.json").read_text())
    assert authored["train"]["train"]["augmentation"][0]["flip"] == 0  # a radiograph says which side is which
