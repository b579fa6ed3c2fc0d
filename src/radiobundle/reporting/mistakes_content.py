"""The model's mistakes, as blocks of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.reporting.document import Block, Heading, ReportFigure, Table, Text

MISTAKES = "mistakes.csv"
FIGURE = "mistakes.png"


def mistakes_blocks(table: pd.DataFrame, folder: Path) -> list[Block]:
    """Return what a report says of mistakes.

    Args:
        table: content of `mistakes.csv`.
        folder: where `mistakes.png` lies, if it does.
    """
    if table.empty:
        return []
    split = "validation" if set(table["split"]) == {"validation"} else ", ".join(sorted(set(table["split"])))
    text = (
        f"Most confident errors and least confident correct answers on {split}. Confidence: of exclusive classes the "
        "probability of the predicted class; where a threshold decides, how far the probability lies from it, 0 at the "
        "threshold and 1 at the end of the scale."
    )
    blocks: list[Block] = [Heading("Mistakes"), Text(text)]
    if (folder / FIGURE).is_file():
        caption = (
            "Errors (✗, dashed frame) and correct answers (✓) with truth, answer and probability; contours: heat map "
            "of the label asked for, at 40, 60 and 80 % of its maximum, where the network was at hand"
        )
        blocks.append(ReportFigure(folder / FIGURE, caption))
    columns = ["kind", "label", "image", "truth", "predicted"]
    shown = columns if table["label"].notna().any() else [name for name in columns if name != "label"]
    rows: list[tuple[Any, ...]] = []
    for record in table.to_dict("records"):
        numbers = [(f"{record[name]:.4f}", record[name]) for name in ("probability", "confidence")]
        rows.append((*[record[name] for name in shown], *numbers))
    return [*blocks, Table((*shown, "probability", "confidence"), rows, sortable=True)]
