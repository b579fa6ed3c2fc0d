"""One page of everything that was explained."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from radiobundle.models.model import Model
from radiobundle.serving.results import Failure

_STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:1200px;margin:2em auto;padding:0 1em;color:#111}"
    "img{max-width:100%;border:1px solid #ccc}table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;"
    "border-bottom:1px solid #ddd}.remark{font-weight:bold}"
)


def explain_page(table: pd.DataFrame, model: Model, folder: Path, *, failures: Sequence[Failure]) -> str:
    """Return the HTML of a page that shows the figures in `folder`.

    Args:
        table: rows of `explain.csv`.
        model: for its name.
        folder: of the results.
        failures: images that could not be explained.
    """
    title = f"What {escape(model.name)} {escape(model.version)} looks at"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>",
        f"<h1>{title}</h1><p>Weights <code>{model.sha256[:12]}</code>. A heat map says what moved this network, not "
        "what is ill; see what each method can and cannot show before you rely on one.</p>",
    ]
    for image, rows in table.groupby("image", sort=False) if len(table) else ():
        parts.append(f"<h2>{escape(str(image))}</h2>{_remarks(rows)}{_image(str(rows['figure'].iloc[0]))}")
        parts += [_image(_relative(path, folder)) for path in _features(rows, folder)]
    for path in sorted((folder / "filters").glob("*.png")):
        parts.append(f"<h2>Filters of {escape(path.stem)}</h2>{_image(_relative(path, folder))}")
    if failures:
        lines = "".join(f"<tr><td>{escape(one.image)}<td>{escape(one.reason)}" for one in failures)
        parts.append(f"<h2>Failed</h2><table><tr><th>image<th>reason{lines}</table>")
    return "\n".join(parts) + "\n</html>\n"


def _features(rows: pd.DataFrame, folder: Path) -> list[Path]:
    stem = Path(str(rows["figure"].iloc[0])).stem
    own = folder / "features" / f"{stem}.png"
    return [own] if own.is_file() else []


def _remarks(rows: pd.DataFrame) -> str:
    said = sorted({remark for text in rows["remark"] for remark in text.split("; ") if remark})
    score = f" (out-of-distribution score {rows['ood_score'].iloc[0]:.3f})" if "ood_score" in rows else ""
    return f"<p class=remark>{escape('; '.join(said))}{score}</p>" if said else ""


def _image(path: str) -> str:
    return f'<p><img src="{quote(path)}" alt="{escape(path)}"></p>'


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
