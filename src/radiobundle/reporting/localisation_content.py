"""Scores of heat maps against boxes, as blocks of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radiobundle.reporting.document import Block, Heading, ReportFigure, Table, Text, number

LOCALISATION = "localisation.json"
FIGURE = "localisation.png"


def localisation_blocks(content: dict[str, Any], folder: Path) -> list[Block]:
    """Return the localisation section of a report.

    Args:
        content: the content of `localisation.json`.
        folder: the folder of `localisation.png`, if there is one.
    """
    where = f" of {', '.join(content['layers'])}" if content["layers"] else ""
    text = (
        f"{content['method']}{where} against radiologists' boxes. Pointing game: does "
        "the hottest spot lie in a box? (95 % Wilson intervals over pairs of image and finding.) IoU: overlap of the "
        "boxes with the region where the map reaches a fraction of its maximum, the cut. Energy: fraction of the map's "
        "sum inside the boxes. Intervals of IoU and energy: bootstrap over patients, if there are at least five. "
        f"{content['without_heat']:,} maps have no heat at all, because nothing supports the finding; they count as "
        "misses with score 0."
    )
    baselines = (
        "Centre: the middle of the image; for IoU and energy, a Gaussian around it. Blind: a random guess, or "
        f"a uniform map. Cut of the maps: {content['cut']['map']}; of the centre: "
        f"{content['cut']['centre']}."
    )
    columns = ("finding", "pairs", "patients", "pointing game", "centre", "IoU", "centre", "energy in the box",
               "centre", "blind")  # fmt: skip
    blocks: list[Block] = [
        Heading("Does the network look at the right place?"),
        Text(text),
        Text(baselines),
        Table(columns, [_row(row) for row in content["scores"]]),
    ]
    if (folder / FIGURE).is_file():
        blocks.append(ReportFigure(folder / FIGURE, "Heat maps (contours), boxes (dashed) and hottest spots (cross)"))
    return blocks


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    pointing = {"value": row["accuracy"], "low": row.get("low"), "high": row.get("high")}
    cells: list[Any] = [
        row["finding"],
        row["pairs"],
        row.get("patients", "–"),
        number(pointing),
        f"{row['centre']:.3f}",
    ]
    for measure in ("iou", "energy"):
        cells += [number(row[measure]), number({"value": row[measure]["centre"]})]
    return (*cells, f"{row['chance']:.3f}")
