"""A source read by a user's own Python function."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from radiobundle.sources.table import STANDARD_COLUMNS, SourceTable
from radiobundle.suggest import did_you_mean


def read_own(dataset_dir: str | Path, *, function: str) -> SourceTable:
    """Run a function of a Python file on the dataset folder and return what it read.

    Args:
        dataset_dir: folder that the image names are relative to; the function's only argument, as a `Path`.
        function: `FILE.py:NAME`; it returns a `SourceTable`; the file counts as one of its source files.

    Raises:
        ValueError: there is no such file or function, the file cannot be run, or the function returns something else.
    """
    file, _, name = function.rpartition(":")
    path = Path(file)
    if not name or path.suffix != ".py":
        raise ValueError(f"`function` {function}: write FILE.py:NAME")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    with _neighbours_importable(path):
        module = _run(path)
        read = getattr(module, name, None)
        if not callable(read):
            raise ValueError(f"{path}: has no function '{name}'{did_you_mean(name, dir(module))}")
        found = read(Path(dataset_dir))
    if not isinstance(found, SourceTable):
        raise ValueError(f"{path}: {name} returned a {type(found).__name__}; it must return a SourceTable")
    return replace(found, source_files=tuple(dict.fromkeys((*found.source_files, path))))


@contextmanager
def _neighbours_importable(path: Path) -> Iterator[None]:
    """Let a file import modules beside it, as it could if it were started by Python."""
    folder = str(path.parent.resolve())
    sys.path.append(folder)  # last, so that it hides nothing
    try:
        yield
    finally:
        sys.path.remove(folder)


def _run(path: Path) -> ModuleType:
    """Return a Python file as a module that Python knows, which dataclasses and pickles in it need."""
    spec = importlib.util.spec_from_file_location(f"radiobundle_own_source_{path.stem}", path)
    assert spec is not None and spec.loader is not None, "the suffix is that of Python"
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError) as error:
        raise ValueError(f"{path}: cannot be run ({type(error).__name__}: {error})") from error
    return module


def with_standard_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with every column that a `SourceTable` must have; those that it lacks are unknown (NaN).

    >>> with_standard_columns(pd.DataFrame({"image": ["1.png"], "sick": [1]})).columns.tolist()
    ['image', 'sick', 'patient_id', 'study_id', 'view', 'age', 'sex']
    """
    return table.assign(**{column: np.nan for column in STANDARD_COLUMNS if column not in table})
