"""The page of the templates says what the templates say."""

from __future__ import annotations

import document_config


def test_the_page_says_what_the_templates_say() -> None:
    page = document_config.PAGE.read_text("utf-8")
    assert page == document_config.with_tables(page), "run scripts/document_config.py"


def test_settings_named_components_and_recipes_are_there() -> None:
    page = document_config.with_tables(document_config.PAGE.read_text("utf-8"))
    for told in ('| `max_epochs` | `25` |', "| `networks#densenet169` | `DenseNet169` |", "| `frozen_features` |  |",
                 "| `body_part` | which part of the body", "| `train#augmentation` | `[]` |"):  # fmt: skip
        assert told in page, told
