"""The bundle's own Python modules: parsed, never imported."""

from __future__ import annotations

import ast
import filecmp
import sys
from collections.abc import Iterator
from pathlib import Path

from radiobundle.authoring.lint.allowed import PACKAGES
from radiobundle.authoring.lint.finding import Finding
from radiobundle.bundles.own_code import OURS, files_of, own_modules

_INSTALLED = Path(__file__).parents[2]


def check_own_code(bundle: Path) -> Iterator[Finding]:
    """Yield modules that hide installed ones, and a copy of radiobundle that is not the one installed here."""
    for name in sorted(own_modules(bundle)):
        if name == OURS:
            yield from _check_copy(bundle / OURS)
        elif name in PACKAGES or name in sys.stdlib_module_names:
            message = f"a module of the bundle hides the package {name} from every import"
            yield Finding("error", name, "", message, "rename it")


def own_problem(bundle: Path, dotted: str) -> str:
    """Return why a name in the bundle's own code cannot be what it says; empty: it is defined there."""
    parts, files = dotted.split("."), files_of(dotted, bundle)
    if bundle.joinpath(*parts).is_dir():
        return ""  # an imported package
    if not files:
        return f"names {dotted}, but the bundle has no such module"
    file = files[-1].relative_to(bundle)
    depth = len(file.parts) - (file.name == "__init__.py")
    if depth == len(parts):
        return ""  # an imported module
    try:
        defined = _defined_names(files[-1])
    except (SyntaxError, ValueError) as error:
        return f"names {dotted}, but {file} is not valid Python ({error})"
    return "" if parts[depth] in defined else f"names {dotted}, but {file} defines no {parts[depth]}"


def _defined_names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), path.name)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _check_copy(folder: Path) -> Iterator[Finding]:
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.py"))
    different = [
        file
        for file in files
        if not (_INSTALLED / file).is_file() or not filecmp.cmp(folder / file, _INSTALLED / file, shallow=False)
    ]
    if different:
        message = f"{len(different)} of its {len(files)} modules differ from those of the installed radiobundle"
        fix = f"read {different[0]} and the others before you run the bundle, or package it again"
        yield Finding("warning", OURS, "", message, fix)
