"""A report as plain blocks, so that Markdown and HTML have the same content."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class Heading:
    """A section title; level 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; `warning` sets it off."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Table:
    """A table of texts; a cell may be (text, sort value).

    Attributes:
        columns: names.
        rows: rows of cells.
        sortable: whether a click on a column's name sorts the table.
        shown: columns that the page shows at first, for a table that is wider than a screen; a menu shows the others.
            Empty: all.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    sortable: bool = False
    shown: Sequence[str] = ()


@dataclass(frozen=True)
class ReportFigure:
    """A PNG file beside the report.

    Attributes:
        path: the file.
        caption: text below the figure.
        choices: what the figure shows, such as {"label": "Mass"}; if figures differ, the page lets the reader choose.
    """

    path: Path
    caption: str
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Slot:
    """A titled placeholder for something interactive in HTML; omitted in Markdown."""

    name: str
    title: str


@dataclass(frozen=True)
class Folded:
    """Blocks under a title that are unfolded by a click; printed pages and Markdown always show them."""

    title: str
    blocks: Sequence[Heading | Text | Table]


Block = Heading | Text | Table | ReportFigure | Slot | Folded


@dataclass
class Document:
    """Title and blocks."""

    title: str
    blocks: list[Block] = field(default_factory=list)

    def to_markdown(self) -> str:
        """Return GitHub Markdown; figures are linked by file name."""
        return f"# {self.title}\n\n" + "\n".join(part for block in self.blocks if (part := _markdown(block)))

    def to_html(self, *, beside: Path | None = None) -> str:
        """Return the blocks as HTML; slots stay as `<div id=...>`.

        Args:
            beside: folder of the page; figures are linked from there. None: they are embedded.
        """
        parts = []
        for is_figure, blocks in groupby(self.blocks, key=lambda block: isinstance(block, ReportFigure)):
            text = "\n".join(_html(block, beside) for block in blocks)
            parts.append(f'<div class="figures">\n{text}\n</div>' if is_figure else text)
        return "\n".join(parts)


def number(estimate: dict[str, Any] | None, *, digits: int = 3) -> tuple[str, float]:
    """Return an estimate as ("0.912 (0.880 to 0.940)", sort value); undefined as a dash that sorts last."""
    if estimate is None or estimate["value"] is None:
        return "–", float("-inf")
    text = f"{estimate['value']:.{digits}f}"
    if estimate.get("low") is not None:
        text += f" ({estimate['low']:.{digits}f} to {estimate['high']:.{digits}f})"
    return text, float(estimate["value"])


def p_value(value: float | None) -> tuple[str, float]:
    """Return a p-value as ("0.031", sort value); undefined as a dash that sorts last.

    >>> p_value(0.0304), p_value(0.00001)
    (('0.030', 0.0304), ('< 0.001', 1e-05))
    """
    if value is None:
        return "–", float("inf")
    return ("< 0.001" if value < 0.001 else f"{value:.3f}"), value


def _cell_text(cell: Any) -> str:
    return str(cell[0] if isinstance(cell, tuple) else cell)


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}\n"
    if isinstance(block, Text):
        return f"> **Note.** {block.text}\n" if block.warning else f"{block.text}\n"
    if isinstance(block, ReportFigure):
        return f"![{block.caption}]({block.path.name})\n\n*{block.caption}*\n"
    if isinstance(block, Folded):
        return "\n".join(_markdown(part) for part in (Heading(block.title), *block.blocks))
    if isinstance(block, Table):
        lines = ["| " + " | ".join(block.columns) + " |", "|" + "---|" * len(block.columns)]
        texts = [[_cell_text(cell).replace("|", "\\|") for cell in row] for row in block.rows]
        lines += [f"| {' | '.join(row)} |" for row in texts]
        return "\n".join(lines) + "\n"
    return ""


def _html(block: Block, beside: Path | None = None) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Text):
        kind = ' class="note"' if block.warning else ""
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, ReportFigure):
        caption = escape(block.caption)
        choices = f' data-choices="{escape(json.dumps(dict(block.choices)))}"' if block.choices else ""
        return (
            f'<figure{choices}><img alt="{caption}" src="{_source(block.path, beside)}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    if isinstance(block, Slot):
        return f'<h2>{escape(block.title)}</h2>\n<div id="{escape(block.name)}"></div>'
    if isinstance(block, Folded):
        inside = "\n".join(_html(part) for part in block.blocks)
        return f"<details><summary>{escape(block.title)}</summary>\n{inside}\n</details>"
    return _html_table(block)


def _source(path: Path, beside: Path | None) -> str:
    if beside is not None:
        return quote(path.relative_to(beside).as_posix())
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _html_table(block: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.columns)
    rows = "".join(f"<tr>{''.join(_html_cell(cell) for cell in row)}</tr>" for row in block.rows)
    kind = ' class="sortable"' if block.sortable else ""
    if block.shown:
        at_first = ",".join(str(index) for index, name in enumerate(block.columns) if name in block.shown)
        kind += f' data-shown="{at_first}"'
    return f"<div class=scroll><table{kind}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _html_cell(cell: Any) -> str:
    if isinstance(cell, tuple):
        return f'<td class="number" data-sort="{cell[1]}">{escape(str(cell[0]))}</td>'
    kind = ' class="number"' if isinstance(cell, (int, float)) else ""
    return f"<td{kind}>{escape(str(cell))}</td>"
