"""The table that every source yields."""

from __future__ import annotations

import pandas as pd
import pytest

from radiobundle.sources.table import STANDARD_COLUMNS, SourceTable


def test_source_table_rejects_two_rows_of_one_image() -> None:
    table = pd.DataFrame({column: ["x", "x"] for column in STANDARD_COLUMNS}).assign(a=1)
    with pytest.raises(ValueError, match="x appears in more than one row"):
        SourceTable(source="csv", table=table, labels=("a",), exclusive=False)


def test_source_table_rejects_two_classes_at_once() -> None:
    table = pd.DataFrame({column: ["x"] for column in STANDARD_COLUMNS}).assign(a=1, b=1)
    with pytest.raises(ValueError, match="x: exactly one of a, b must be 1"):
        SourceTable(source="csv", table=table, labels=("a", "b"), exclusive=True)
