"""Write the table of docs/pretrained.md from the registry of pretrained weights.

python scripts/document_weights.py
"""

from __future__ import annotations

from pathlib import Path

from radiobundle.pretrained.listing import COLUMNS, row
from radiobundle.pretrained.registry import list_entries

PAGE = Path(__file__).parents[1] / "docs" / "pretrained.md"
BEGIN, END = "<!-- weights from the registry -->\n", "<!-- end of weights -->"


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")


def with_table(page: str) -> str:
    """Return the page with the table between its marks."""
    rows = [row(entry) for entry in list_entries()]
    lines = [COLUMNS, ("---",) * len(COLUMNS), *((f"`{name}`", *rest) for name, *rest in rows)]
    table = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
