"""A running bundle refuses options that would have no effect, and its errors end with their cause."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bundle_runs import PNEUMONIA
from radiobundle.bundles.running import (
    _ALSO_NUMBERS,
    _ALSO_WHOLE_NUMBERS,
    _is_whole,
    _templates,
    check_kinds,
    guard_run,
    unwrap,
    useless_options,
    was_interrupted,
)


def test_option_is_of_use_where_anything_refers_to_its_key() -> None:
    config = {"a": 1, "b": {"c": ["$@a + 1", {"d": "%e#f"}]}, "e": {"f": 2}, "run": ["@b#c"], "typo": 3}
    assert useless_options({"a": 0, "b#c": 0, "e#f": 0, "typo": 3}, config) == ["typo"]


def test_cause_is_the_first_error_below_the_wrappers() -> None:
    try:
        try:
            try:
                int("x")
            except ValueError as error:
                raise OSError("image.png: broken; fetch it again") from error
        except OSError as error:
            raise RuntimeError("Failed to evaluate ConfigExpression: $run()") from error
    except RuntimeError as error:
        assert str(unwrap(error)) == "image.png: broken; fetch it again"


@pytest.fixture
def last_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command says last when it fails, typed as in a shell and run in this process."""

    def run(**options: Any) -> str:
        options = {"config_file": "configs/train.json", "logging_file": False, **options}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        monkeypatch.setattr(sys, "argv", ["monai.bundle", "run", "training", *words])
        monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
        monkeypatch.chdir(PNEUMONIA)
        with pytest.raises(Exception) as caught:
            runpy.run_module("monai.bundle", run_name="__main__", alter_sys=True)
        sys.excepthook(caught.type, caught.value, caught.tb)
        return capsys.readouterr().err.strip().splitlines()[-1]

    return run


def test_an_error_that_followed_an_interruption_is_one() -> None:
    def write() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("unexpected pos")

    with pytest.raises(RuntimeError) as caught:
        write()
    assert was_interrupted(caught.value) and was_interrupted(KeyboardInterrupt())
    assert not was_interrupted(RuntimeError("unexpected pos"))


def test_mistyped_option_names_the_right_one(tmp_path: Path, last_line: Callable[..., str]) -> None:
    last = last_line(output_dir=str(tmp_path / "out"), learnng_rate=0.1)
    assert last.startswith("Cause: ValueError: --learnng_rate") and "did you mean 'learning_rate'" in last
    assert not (tmp_path / "out").exists()


def test_text_that_was_meant_as_a_switch_is_refused(tmp_path: Path, last_line: Callable[..., str]) -> None:
    last = last_line(output_dir=str(tmp_path / "out"), tf32="false")
    assert "--tf32 false" in last and "write --tf32 False" in last
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("word", ["None", "null"])
def test_a_null_that_would_be_lost_is_refused(word: str, tmp_path: Path, last_line: Callable[..., str]) -> None:
    last = last_line(output_dir=str(tmp_path / "out"), early_stop_patience=word)
    assert f"--early_stop_patience {word}: MONAI" in last and "write --early_stop_patience '$None'" in last
    assert not (tmp_path / "out").exists()


def test_command_line_error_ends_with_its_cause(tmp_path: Path, last_line: Callable[..., str]) -> None:
    last = last_line(datalist=str(tmp_path / "none.json"), output_dir=str(tmp_path / "out"))
    assert last.startswith("Cause: ValueError:") and "none.json: no such datalist" in last


def test_typos_are_refused_in_whichever_file_they_stand(tmp_path: Path, last_line: Callable[..., str]) -> None:
    (tmp_path / "args.json").write_text(json.dumps({"learnng_rate": 0.1}))
    (tmp_path / "recipe.json").write_text(json.dumps({"train#augmentations": []}))
    files = ["configs/train.json", str(tmp_path / "recipe.json")]
    for options, expected in (
        ({"args_file": str(tmp_path / "args.json")}, "--learnng_rate: nothing in the configuration uses"),
        ({"config_file": files}, "uses 'train#augmentations'; did you mean 'train#augmentation'?"),
    ):
        last = last_line(output_dir=str(tmp_path / "out"), **options)
        assert last.startswith("Cause: ValueError:") and expected in last, last
    assert not (tmp_path / "out").exists()


def test_interrupted_run_ends_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    guard_run()
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert capsys.readouterr().err.strip() == (
        "interrupted; to continue a training after its last complete epoch use --resume true"
    )


@pytest.mark.parametrize("setting", ["resume", "report", "deterministic", "accept_leak", "fold_batch_norm"])
def test_a_text_where_true_or_false_is_meant_is_refused(setting: str) -> None:
    for text in ("no", "off", "nein", "yes", "0,0"):
        with pytest.raises(ValueError, match=f"{setting}: '{text}' is a text, which counts as true; write True or"):
            check_kinds({setting: text})
    for good in (True, False, "true", "$not @other", "@other"):
        check_kinds({setting: good})
    check_kinds({"compile": "reduce-overhead"})


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("learning_rate", "0,01", "'0,01' is a text, not a number; write 0.01$"),
        ("learning_rate", "5e-5", r"'5e-5' is a text, not a number; write 0.00005 \(YAML takes 1e-3 for a text\)"),
        ("learning_rate", "0.00123456789", "'0.00123456789' is a text, not a number; write 0.00123456789$"),
        ("learning_rate", (0, 5), r"\(0, 5\) is not a number; write one number, with a point before decimals"),
        ("learning_rate", "nan", "'nan' is a text, not a number$"),
        ("base_lr", "1e-4", "'1e-4' is a text, not a number; write 0.0001"),
        ("batch_size", True, "True is not a number$"),
        ("batch_size", "1,000", "'1,000' is a text, not a number$"),
        ("seed", "20240131", "'20240131' is a text, not a number; write 20240131$"),
        ("max_epochs", "two", "'two' is a text, not a number$"),
        ("ema_decay", "0,9", "'0,9' is a text, not a number; write 0.9$"),
        ("ema_decay", (0, 9), r"\(0, 9\) is not a number; write one number"),
        ("stop_when_flat", "high", "'high' is a text, not a number$"),
        ("loss_interval", "10", "'10' is a text, not a number; write 10$"),
        ("seed", 1.5, "1.5 is not a whole number$"),
        ("batch_size", 16.0, "16.0 is not a whole number; write 16$"),
        ("bootstrap", float("inf"), "inf is not a whole number$"),
        ("loss_interval", 0.5, "0.5 is not a whole number$"),
    ],
)
def test_what_is_no_number_where_one_is_meant_is_refused(setting: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{setting}: {message}"):
        check_kinds({setting: value})


def test_numbers_and_texts_in_their_places_are_taken() -> None:
    check_kinds({"learning_rate": 1, "base_lr": "$0.1 * @learning_rate", "ema_decay": None, "batch_size": "@other"})
    check_kinds({"cam_layer": "4", "pretrained": "2024", "image_scales": [[0, 0.5]], "compile": "1", "label_map": "1"})
    check_kinds({"warmup_epochs": 0.5, "cycle_epochs": 1.5, "augmentation_ramp": 1, "batch_size": np.int64(8)})
    check_kinds({"seed": {"_target_": "random.randrange", "start": 5}, "learning_rate": np.float32(0.1)})


def test_settings_that_count_are_known_by_their_defaults() -> None:
    """A default written `0` instead of `0.0` would make its setting one of them."""
    counting = {key for template in _templates() for key, default in template.items() if _is_whole(key, default)}
    assert counting - _ALSO_WHOLE_NUMBERS == {
        "batch_size", "bootstrap", "early_stop_patience", "halving_epochs", "max_epochs", "num_workers", "seed",
        "val_interval",
    }  # fmt: skip


def test_every_setting_that_may_be_a_number_is_checked() -> None:
    """Those that are null in a template and are neither texts nor lists; a new one belongs to one of the two kinds."""
    nullable = {key for template in _templates() for key, default in template.items() if default is None}
    others = {
        "cam_layer",
        "datalist",
        "described_network",
        "image_scales",
        "label_map",
        "pretrained",
        "sampling_weights",
    }
    assert (nullable - others) | {"base_lr"} == _ALSO_NUMBERS | _ALSO_WHOLE_NUMBERS
