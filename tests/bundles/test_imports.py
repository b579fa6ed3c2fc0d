"""Imports are read from the text of code, which is never run."""

from __future__ import annotations

from pathlib import Path

from radiobundle.bundles.imports import imports_of, imports_of_expression


def test_every_form_of_import_gives_its_full_name(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch.nn as nn, json\nfrom .blocks import A\nfrom . import heads\nfrom ..other import B\n"
        "from a.b import *\ndef f():\n    from late import C\n"
    )
    found = imports_of(tmp_path / "net.py", package="mine.nets")
    assert found.required == {
        "torch.nn", "json", "mine.nets.blocks.A", "mine.nets.heads", "mine.other.B", "a.b", "late.C",
    }  # fmt: skip
    assert not found.optional


def test_imports_that_may_fail_are_optional(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "try:\n    import fast\nexcept (ImportError, OSError):\n    import slow\nelse:\n    import always\n"
        "try:\n    import needed\nexcept KeyError:\n    pass\n"
    )
    found = imports_of(tmp_path / "net.py")
    assert (found.optional, found.required) == ({"fast", "slow"}, {"always", "needed"})


def test_expression_that_is_no_code_imports_nothing() -> None:
    assert imports_of_expression("@network.cpu()").required == set()
