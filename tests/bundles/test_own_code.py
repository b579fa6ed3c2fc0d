"""Modules that a bundle brings along are found wherever it is opened."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from radiobundle.bundles.own_code import import_from, keep_modules, named_packages, required_versions, used_modules


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_names_of_targets_and_imports_are_found() -> None:
    config = {
        "imports": ["$import os", "$from scripts.losses import hinge"],
        "network_def": {"_target_": "mynet.Net", "inner": [{"_target_": "torch.nn.ReLU"}]},
        "run": ["$@trainer.run()"],
        "handler": {"_target_": "ValidationHandler"},
    }
    assert named_packages(config) == {"os", "scripts", "mynet", "torch"}


def test_used_modules_are_those_named_and_those_they_import(tmp_path: Path) -> None:
    write(tmp_path, mynet="import blocks\n", blocks="import torch\n", unused="", scripts__loss="", tests__test_x="")
    config = {"network_def": {"_target_": "mynet.Net"}, "loss": {"_target_": "scripts.loss.Loss"}}
    assert [path.name for path in used_modules(config, tmp_path)] == ["blocks.py", "mynet.py", "scripts"]


def test_kept_modules_replace_earlier_ones(tmp_path: Path) -> None:
    bundle = write(tmp_path / "bundle", mynet="A = 1\n", scripts__loss="B = 1\n")
    config = {"a": {"_target_": "mynet.A"}, "b": {"_target_": "scripts.loss.B"}}
    keep_modules(used_modules(config, bundle), tmp_path / "code")
    write(bundle, mynet="A = 2\n")
    (bundle / "scripts" / "loss.py").rename(bundle / "scripts" / "losses.py")
    keep_modules(used_modules(config, bundle), tmp_path / "code")
    assert (tmp_path / "code" / "mynet.py").read_text() == "A = 2\n"
    assert [path.name for path in (tmp_path / "code" / "scripts").iterdir()] == ["losses.py"]


def test_module_of_the_folder_opened_last_is_imported(tmp_path: Path) -> None:
    for number in (1, 2, 1):
        import_from(write(tmp_path / str(number), mynet_of_test=f"NUMBER = {number}\n"))
        assert number == importlib.import_module("mynet_of_test").NUMBER


def test_installed_packages_are_named_with_their_versions(tmp_path: Path) -> None:
    module = write(tmp_path, mynet="import hypothesis, json\nfrom sklearn import svm\n") / "mynet.py"
    found = required_versions({"a": {"_target_": "mynet.A"}}, [module], known=["scikit_learn"])
    assert found == {"hypothesis": importlib.import_module("hypothesis").__version__}


def test_module_that_nobody_else_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(write(tmp_path, elsewhere="")))
    with pytest.raises(ValueError, match=r"elsewhere belongs neither .*elsewhere\.py\); move it into the bundle"):
        required_versions({"a": {"_target_": "elsewhere.A"}}, [], known=[])


def test_module_that_is_no_python_is_named(tmp_path: Path) -> None:
    write(tmp_path, mynet="class Net(\n")
    with pytest.raises(ValueError, match=r"mynet\.py: is not valid Python"):
        used_modules({"a": {"_target_": "mynet.Net"}}, tmp_path)
