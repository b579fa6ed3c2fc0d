"""Write the table of metrics.json in docs/metrics.md from the JSON schema that ships.

python scripts/document_metrics.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import radiobundle

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
SCHEMA = Path(radiobundle.__file__).parent / "templates" / "schemas" / "metrics.json"
BEGIN, END = "<!-- from the schema of metrics.json -->\n", "<!-- end -->"


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")


def with_table(page: str) -> str:
    """Return the page with a table of the schema between its marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    schema = json.loads(SCHEMA.read_text("utf-8"))
    parts = [("", schema), *((f"*{name}*", part) for name, part in schema["$defs"].items())]
    rows = [row for name, part in parts for row in _keys(part, name)]
    lines = "".join(f"| {path} | {text} |\n" for path, text in rows)
    return f"{before}{BEGIN}| key | content |\n|---|---|\n{lines}{END}{after}"


def _keys(node: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield the path of every key below a node and what it holds; parts with a name are listed by themselves."""
    properties = dict(node.get("properties", {}))
    if "x-key" in node:
        properties[f"<{node['x-key']}>"] = node["additionalProperties"]
    for name, item in properties.items():
        where, told = f"{path}.`{name}`".lstrip("."), item.get("description", "")
        part = item.get("$ref", "").rpartition("/")[2]
        below = list(_keys(_inner(item), where))
        if told or part or not below:
            yield where, ": ".join(filter(None, (part and f"*{part}*", told)))
        yield from below


def _inner(item: dict[str, Any]) -> dict[str, Any]:
    """Return the object of a list, or of what may also be null."""
    if "oneOf" in item:
        return dict(item["oneOf"][-1])
    return dict(item["items"]) if item.get("type") == "array" else item


if __name__ == "__main__":
    main()
