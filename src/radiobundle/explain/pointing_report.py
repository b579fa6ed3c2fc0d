"""The pointing game on paper: a table, and its numbers as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from radiobundle.explain.pointing_game import score_pointing
from radiobundle.files import replacing, write_json, write_text


def write_pointing_report(
    points: pd.DataFrame, *, labels: Sequence[str], layers: Sequence[str], output_dir: Path
) -> None:
    """Write `localisation.csv` (a row per image and finding), `localisation.json` and `localisation.md`.

    Args:
        points: see `score_pointing`, with further columns to keep.
        labels: of the network.
        layers: that the heat maps were taken from.
        output_dir: where to.
    """
    scores = score_pointing(points, labels=labels)
    with replacing(output_dir / "localisation.csv") as temporary:
        points.to_csv(temporary, index=False)
    rows = [{key: value for key, value in row.items() if not pd.isna(value)} for row in scores.to_dict("records")]
    write_json(
        output_dir / "localisation.json", {"method": "Grad-CAM pointing game", "layers": list(layers), "scores": rows}
    )
    lines = [
        f"Grad-CAM of {', '.join(layers)}: does its hottest spot lie in the radiologist's box? 95 % Wilson intervals.",
        "",
        "| finding | boxed images | hits | accuracy | centre of the image | blind guess |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
    ]
    write_text(output_dir / "localisation.md", "\n".join(lines) + "\n")


def _line(row: Mapping[Any, Any]) -> str:
    interval = f" ({row['low']:.2f} to {row['high']:.2f})" if "low" in row else ""
    cells = [row["finding"], row["pairs"], row["hits"], f"{row['accuracy']:.2f}{interval}"]
    return "| " + " | ".join(map(str, [*cells, f"{row['centre']:.2f}", f"{row['chance']:.2f}"])) + " |"
