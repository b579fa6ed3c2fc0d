"""A page that shows all explained images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from radiobundle.models.model import Model
from radiobundle.reporting.document import Block, Document, Heading, ReportFigure, Table, Text
from radiobundle.reporting.report_page import render_page
from radiobundle.serving.heat import safe_name
from radiobundle.serving.results import Failure
from radiobundle.serving.table import UNUSUAL_REMARK


def explain_page(table: pd.DataFrame, model: Model, folder: Path, *, failures: Sequence[Failure]) -> str:
    """Return the HTML of a page that shows the figures in `folder`.

    Args:
        table: rows of `explain.csv`.
        model: for its name.
        folder: of the results.
        failures: images that could not be explained.
    """
    text = (
        f"Weights {model.sha256[:12]}. A heat map shows what influenced this network, not where disease is. See what "
        "each method can and cannot show before you rely on one."
    )
    document = Document(f"Heat maps: {model.name} {model.version}", [Text(text)])
    for image, rows in table.groupby("image", sort=False) if len(table) else ():
        document.blocks += [Heading(str(image)), *_image_blocks(str(image), rows, folder)]
    for path in sorted((folder / "filters").glob("*.png")):
        document.blocks += [Heading(f"Filters of {path.stem}"), ReportFigure(path, "")]
    if failures:
        document.blocks += [
            Heading("Failed"),
            Table(("image", "reason"), [(one.image, one.reason) for one in failures]),
        ]
    return render_page(document, beside=folder)


def _image_blocks(image: str, rows: pd.DataFrame, folder: Path) -> Iterator[Block]:
    if rows["remark"].str.contains(UNUSUAL_REMARK, regex=False).any():
        yield Text(f"{UNUSUAL_REMARK} (out-of-distribution score {rows['ood_score'].iloc[0]:.3f})", warning=True)
    for figure, shown in rows.groupby("figure", sort=False):
        first = shown.iloc[0]
        layers = ", ".join(dict.fromkeys(layer for layer in shown["layer"] if layer))
        caption = f"{first['label']} {first['probability']:.2f}{f'; layer {layers}' if layers else ''}"
        caption += "".join(
            f"; {row['method']}: {remark}"
            for _, row in shown.iterrows()
            for remark in row["remark"].split("; ")
            if remark not in ("", UNUSUAL_REMARK)
        )
        yield ReportFigure(folder / str(figure), caption, {"label": first["label"], "layer": layers or "none"})
    features = folder / "features" / f"{safe_name(image)}.png"
    if features.is_file():
        yield ReportFigure(features, "Mean activation of each layer")
