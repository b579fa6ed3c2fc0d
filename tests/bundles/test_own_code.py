"""Modules that a bundle brings along are found wherever it is opened."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from radiobundle.bundles.own_code import (
    import_from,
    keep_modules,
    named_code,
    refuse_misplaced,
    required_versions,
    used_modules,
)

CONFIG = {"a": {"_target_": "mynet.Net"}}


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
    assert named_code(config) == {"os", "scripts.losses.hinge", "mynet.Net", "torch.nn.ReLU"}


def test_used_modules_are_those_named_and_those_they_import(tmp_path: Path) -> None:
    write(tmp_path, mynet="import blocks\n", blocks="import torch\n", unused="", scripts__loss="", tests__test_x="")
    config = {"network_def": {"_target_": "mynet.Net"}, "loss": {"_target_": "scripts.loss.Loss"}}
    assert [path.name for path in used_modules(config, tmp_path)] == ["blocks.py", "mynet.py", "scripts"]


def test_kept_modules_replace_earlier_ones(tmp_path: Path) -> None:
    bundle = write(tmp_path / "bundle", mynet="A = 1\n", scripts__loss="B = 1\n")
    config = {"a": {"_target_": "mynet.A"}, "b": {"_target_": "scripts.loss.B"}}
    keep_modules(used_modules(config, bundle), tmp_path / "code", root=bundle)
    write(bundle, mynet="A = 2\n")
    (bundle / "scripts" / "loss.py").rename(bundle / "scripts" / "losses.py")
    config["b"]["_target_"] = "scripts.losses.B"
    keep_modules(used_modules(config, bundle), tmp_path / "code", root=bundle)
    assert (tmp_path / "code" / "mynet.py").read_text() == "A = 2\n"
    assert [path.name for path in (tmp_path / "code" / "scripts").iterdir()] == ["losses.py"]


def test_module_of_the_folder_opened_last_is_imported(tmp_path: Path) -> None:
    for number in (1, 2, 1):
        import_from(write(tmp_path / str(number), mynet_of_test=f"NUMBER = {number}\n"))
        assert number == importlib.import_module("mynet_of_test").NUMBER


def test_installed_packages_are_named_with_their_versions(tmp_path: Path) -> None:
    write(tmp_path, mynet="import hypothesis, json\nfrom sklearn import svm\n")
    found = required_versions(CONFIG, tmp_path, known=["scikit_learn"])
    assert found == {"hypothesis": importlib.import_module("hypothesis").__version__}


def test_distribution_is_named_where_its_package_has_another_name(tmp_path: Path) -> None:
    write(tmp_path, mynet="import PIL.Image, cv2\n")
    assert sorted(required_versions(CONFIG, tmp_path, known=[])) == ["opencv-python-headless", "pillow"]


def test_module_that_nobody_else_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(write(tmp_path / "other", elsewhere="")))
    with pytest.raises(ValueError, match=r"elsewhere belongs neither .*elsewhere\.py\); move it into the bundle"):
        required_versions({"a": {"_target_": "elsewhere.A"}}, tmp_path, known=[])


def test_what_a_module_can_do_without_is_not_required(tmp_path: Path) -> None:
    text = """
from typing import TYPE_CHECKING
try:
    import not_installed
    import hypothesis
except ImportError:
    not_installed = None
if TYPE_CHECKING:
    import nor_this
if __name__ == "__main__":
    import nor_that
"""
    write(tmp_path, mynet=text)
    assert list(required_versions(CONFIG, tmp_path, known=[])) == ["hypothesis"]


def test_modules_that_nothing_imports_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path, scripts__mynet="from .blocks import A\n", scripts__blocks="import hypothesis\n")
    write(tmp_path, scripts__download="import not_installed\n", scripts__old="print 'Python 2'\n")
    config = {"a": {"_target_": "scripts.mynet.Net"}}
    assert used_modules(config, tmp_path) == [tmp_path / "scripts"]
    assert list(required_versions(config, tmp_path, known=[])) == ["hypothesis"]


def test_files_that_a_module_reads_are_kept_with_it(tmp_path: Path) -> None:
    bundle = write(tmp_path / "bundle", mynet="from pathlib import Path\nA = Path(__file__).with_name('means.csv')\n")
    write(bundle, blocks="B = 'assets/b.json', 'datalist.json', '../secret', 'models/model.pt', 'assets'\n")
    for name in ("means.csv", "assets/b.json", "assets/c.json", "datalist.json", "models/model.pt", "../secret"):
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_text("1")
    config = {**CONFIG, "b": {"_target_": "blocks.B"}}
    keep_modules(used_modules(config, bundle), tmp_path / "code", root=bundle)
    kept = {path.relative_to(tmp_path / "code").as_posix() for path in (tmp_path / "code").rglob("*") if path.is_file()}
    assert kept == {"mynet.py", "blocks.py", "means.csv", "assets/b.json"}


@pytest.mark.parametrize("text", ["\ufeffimport hypothesis\n", "# -*- coding: latin-1 -*-\nimport hypothesis # \xe4\n"])
def test_encodings_that_python_reads_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "mynet.py").write_bytes(text.encode("utf-8" if text[0] == "\ufeff" else "latin-1"))
    assert list(required_versions(CONFIG, tmp_path, known=[])) == ["hypothesis"]


@pytest.mark.parametrize(
    ("target", "file", "says"),
    [
        ("models.mynet.Net", "models/mynet.py", "folder 'models' is not for code; move models/mynet.py to another one"),
        ("docs.Net", "docs/__init__.py", "folder 'docs' is not for code"),
        ("statistics.Net", "statistics.py", "statistics.py has the name of a module of Python's own library"),
        ("models.Net", "models.py", ""),
        ("scripts.json.Net", "scripts/json.py", ""),
        ("json.loads", "scripts/json.py", ""),
    ],
)
def test_code_that_nobody_could_use_after_training_is_refused_before(
    target: str, file: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("class Net: ...\n")
    config = {"a": {"_target_": target}}
    if says:
        with pytest.raises(ValueError, match=says):
            refuse_misplaced(config, tmp_path)
    else:
        refuse_misplaced(config, tmp_path)


def test_single_file_named_models_is_own_code(tmp_path: Path) -> None:
    write(tmp_path, models="")
    (tmp_path / "models").mkdir()
    assert used_modules({"a": {"_target_": "models.Net"}}, tmp_path) == [tmp_path / "models.py"]


def test_module_that_is_no_python_is_named(tmp_path: Path) -> None:
    write(tmp_path, mynet="class Net(\n")
    with pytest.raises(ValueError, match=r"mynet\.py: is not valid Python .*line 1"):
        used_modules(CONFIG, tmp_path)
