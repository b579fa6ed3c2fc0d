"""A module knows only earlier ones: the order of the rooms that CONTRIBUTING.md states, no circles, clean rooms."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path

import radiobundle

SOURCE = Path(radiobundle.__file__).parent
CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"
ROOMS = re.search(r"<!-- layers -->\n(.*?)<!-- end -->", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
DRAWING = {"reporting", "explain"}  # the only rooms that know matplotlib
PURE = {"labels", "suggest", "sources", "datalists", "losses", "evaluation"}  # neither engines nor command line
ENGINES = ("ignite", "argparse", "monai.engines", "monai.handlers", "monai.bundle")
EVALUATION = ("decision", "predictions", "intervals", "metrics", "fitting")  # in this order, before what joins them


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def imports(path: Path) -> set[str]:
    """Every module that a file imports anywhere in it, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and name_of(node.func) == "import_module":
            found |= {
                part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    return found


IMPORTS = {module_name(path): imports(path) for path in SOURCE.rglob("*.py")}
OWN = {name: {other for other in found if other in IMPORTS} for name, found in IMPORTS.items()}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def order() -> list[str]:
    assert ROOMS, "CONTRIBUTING.md states the order between <!-- layers --> and <!-- end -->"
    return re.findall(r"^\| `(\w+)`", ROOMS[1], re.MULTILINE)


def test_every_room_is_in_the_stated_order() -> None:
    rooms = {room(name) for name in IMPORTS} - {"", "__main__"}
    assert sorted(order()) == sorted(rooms)


def test_a_room_knows_only_earlier_ones() -> None:
    rank = {name: position for position, name in enumerate(order())}
    rank |= {"": -1, "__main__": len(rank)}
    wrong = {
        f"{name} -> {other}"
        for name, found in OWN.items()
        for other in found
        if room(other) and rank[room(other)] > rank[room(name)]
    }
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    others = {name: {other for other in found if other != name} for name, found in OWN.items()}
    graphlib.TopologicalSorter(others).prepare()


def test_evaluation_is_built_from_the_bottom() -> None:
    rank = {f"radiobundle.evaluation.{name}": position for position, name in enumerate(EVALUATION)}

    def rank_of(module: str) -> int:
        return next((rank[name] for name in rank if f"{module}.".startswith(f"{name}.")), len(rank))

    inside = {name: found for name, found in OWN.items() if name.startswith("radiobundle.evaluation.")}
    assert not [
        f"{name} -> {other}"
        for name, found in inside.items()
        for other in found
        if other in inside and rank_of(other) > rank_of(name)
    ]


def test_only_reporting_and_explaining_know_matplotlib() -> None:
    drawing = {name for name, found in IMPORTS.items() if any(other.split(".")[0] == "matplotlib" for other in found)}
    assert {room(name) for name in drawing} <= DRAWING


def test_pure_rooms_know_neither_engines_nor_the_command_line() -> None:
    assert not [
        f"{name} -> {other}"
        for name, found in IMPORTS.items()
        for other in found
        if room(name) in PURE and f"{other}.".startswith(tuple(f"{engine}." for engine in ENGINES))
    ]


def test_nothing_asks_which_network_it_has() -> None:
    """A network offers what others need of it, so that another one can offer it too."""
    classes = {
        node.name
        for path in (SOURCE / "networks").glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith(("CNN", "Cascade", "V1", "V2", "Baseline", "Like"))
    }
    assert "Cascade" in classes
    named = [
        f"{module_name(path)}: {name}"
        for path in SOURCE.rglob("*.py")
        if path.parent.name != "networks"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (name := name_of(node)) in classes
    ]
    assert not named
