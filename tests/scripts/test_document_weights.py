"""The page of pretrained weights holds the registry's table."""

from __future__ import annotations

import document_weights
from radiobundle.pretrained.registry import entry_files


def test_page_is_current_and_names_every_entry() -> None:
    page = document_weights.PAGE.read_text("utf-8")
    assert document_weights.with_table(page) == page
    assert all(f"| `{name}` |" in page for name in entry_files())
