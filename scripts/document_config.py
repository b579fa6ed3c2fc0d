"""Write the tables of docs/configuration.md from the templates that `radiobundle render` merges.

python scripts/document_config.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import radiobundle
from radiobundle.bundles.config_ids import is_block

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
TEMPLATES = Path(radiobundle.__file__).parent / "templates"
SECTIONS = {
    "common": "for training and inference",
    "train": "for training",
    "evaluate": "for evaluation, on top of training",
    "ensemble": "for several runs, on top of evaluation",
    "inference": "for inference",
    "multi_gpu_train": "for several GPUs, on top of training",
}
_WIDEST = 60
_RAN_BY_MONAI = ("run", "training", "evaluating", "inference", "initialize", "imports", "bundle_root")


def main() -> None:
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")


def with_tables(page: str) -> str:
    """Return the page with each table between its marks."""
    tables = {
        "sections": "".join(_section(name, what) for name, what in SECTIONS.items()),
        "tasks": _table(("task", "what it is", "recipes of its own"), _tasks()),
        "recipes": _table(("recipe", "task", "what it changes"), _recipes()),
    }
    for name, table in tables.items():
        begin, end = f"<!-- {name} from the templates -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}{table}{end}{rest.partition(end)[2]}"
    return page


def _section(name: str, what: str) -> str:
    rows = [
        (f"`{key}`", _shown(value), _remark(value))
        for key, value in _ids(_read(f"engine/{name}.json"))
        if key not in _RAN_BY_MONAI
    ]
    return f"### `{name}`: {what}\n\n{_table(('id', 'default', 'remark'), rows)}\n"


def _ids(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a bundle may state: settings and components, and each component of a section."""
    for key, value in section.items():
        if key.startswith("_"):
            continue
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and "_target_" not in value and (is_block(path) or not prefix):
            yield from _ids(value, f"{path}#")
        else:
            yield path, value


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and "_target_" in value:
        return f"`{str(value['_target_']).rpartition('.')[2]}`"
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        names = [str(item["_target_"]).rpartition(".")[2] for item in value if isinstance(item, Mapping)]
        return "list of " + ", ".join(f"`{name}`" for name in names)
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= _WIDEST else text[: _WIDEST - 3] + '...'}`"


def _remark(value: Any) -> str:
    return str(value.get("_desc_", "")) if isinstance(value, Mapping) else ""


def _tasks() -> Iterator[tuple[str, ...]]:
    for path in sorted((TEMPLATES / "tasks").glob("*.json")):
        task = _read(f"tasks/{path.name}")
        own = sorted(recipe.stem for recipe in (TEMPLATES / "recipes" / path.stem).glob("*.json"))
        extends = f"extends `{task['extends']}`" if "extends" in task else ""
        what = "; ".join(filter(None, (str(task.get("_comment_", "")), extends)))
        yield f"`{path.stem}`", what, ", ".join(f"`{name}`" for name in own)


def _recipes() -> Iterator[tuple[str, ...]]:
    for path in sorted((TEMPLATES / "recipes").rglob("*.json"), key=lambda path: path.stem):
        task = "" if path.parent.name == "recipes" else f"`{path.parent.name}`"
        purpose = str(json.loads(path.read_text("utf-8"))["_purpose_"])
        yield f"`{path.stem}`", task, re.match(r".*?(?:\.(?= [A-Z])|$)", purpose)[0]  # type: ignore[index]


def _table(columns: tuple[str, ...], rows: Any) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((TEMPLATES / name).read_text("utf-8"))
    return content


if __name__ == "__main__":
    main()
