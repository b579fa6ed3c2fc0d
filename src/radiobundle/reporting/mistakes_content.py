"""The model's mistakes, as blocks of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.reporting.document import Block, Heading, ReportFigure, Table, Text

MISTAKES = "mistakes.csv"
FIGURE = "mistakes.png"


def mistakes_blocks(table: pd.DataFrame, folder: Path) -> list[Block]:
    """Return the section of a report about mistakes.

    Args:
        table: content of `mistakes.csv`.
        folder: the folder of `mistakes.png`, if there is one.
    """
    if table.empty:
        return []
    split = "validation" if set(table["split"]) == {"validation"} else ", ".join(sorted(set(table["split"])))
    text = (
        f"Most confident errors and least confident correct answers on {split}. Confidence: for exclusive classes, the "
        "probability of the predicted class; if a threshold decides, the distance of the probability from it, 0 at the "
        "threshold and 1 at the end of the scale."
    )
    blocks: list[Block] = [Heading("Mistakes"), Text(text)]
    if (folder / FIGURE).is_file():
        caption = (
            "Errors (✗, dashed frame) and correct answers (✓) with truth, prediction and probability; contours: heat "
            "map of that label, at 40, 60 and 80 % of its maximum, if the network was available"
        )
        blocks.append(ReportFigure(folder / FIGURE, caption))
    columns = ["kind", "label", "image", "truth", "predicted"]
    shown = columns if table["label"].notna().any() else [name for name in columns if name != "label"]
    rows: list[tuple[Any, ...]] = []
    for record in table.to_dict("records"):
        numbers = [(f"{record[name]:.4f}", record[name]) for name in ("probability", "confidence")]
        rows.append((*[record[name] for name in shown], *numbers))
    return [*blocks, Table((*shown, "probability", "confidence"), rows, sortable=True)]
