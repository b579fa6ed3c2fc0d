"""The examples in docstrings run and give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import radiobundle

_ROOT = Path(radiobundle.__file__).parent
_WITH_EXAMPLES = [
    found.name
    for found in pkgutil.walk_packages([str(_ROOT)], "radiobundle.")
    if ">>> " in (_ROOT.parent / f"{found.name.replace('.', '/')}{'/__init__' * found.ispkg}.py").read_text("utf-8")
]


@pytest.mark.parametrize("name", _WITH_EXAMPLES)
def test_examples_give_what_they_say(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert found.attempted
    assert not found.failed
