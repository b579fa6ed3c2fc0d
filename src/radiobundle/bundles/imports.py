"""What a piece of Python code imports, and which files it names: read from its text, which is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_MISSING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}  # caught where an import may fail


@dataclass(frozen=True)
class Imports:
    """Full names of what code imports, such as `torch.nn.Linear`, and the texts in it.

    Attributes:
        required: imported whenever the code runs or is used.
        optional: may be missing, because the code catches that.
        texts: all string constants, among them names of files.
    """

    required: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)


def imports_of(file: Path, *, package: str = "") -> Imports:
    """Return what a Python file imports, in any encoding that it declares.

    Args:
        file: the module.
        package: of the module, which relative imports start from; empty: it is in none.

    Raises:
        ValueError: it is not valid Python; the message names the file.
    """
    try:
        tree = ast.parse(file.read_bytes(), file.name)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{file}: is not valid Python ({error})") from error
    return _read(tree, package)


def imports_of_expression(expression: str) -> Imports:
    """Return what an expression or a line of code imports; nothing if it is not valid Python.

    >>> sorted(imports_of_expression("from scripts.losses import Hinge").required)
    ['scripts.losses.Hinge']
    """
    try:
        return _read(ast.parse(expression), "")
    except (SyntaxError, ValueError):
        return Imports()


def _read(tree: ast.AST, package: str) -> Imports:
    reader = _Reader(package)
    reader.visit(tree)
    return reader.found


class _Reader(ast.NodeVisitor):
    """Collects imports; leaves out those for type checkers, and those of a module that is started as a program."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.found = Imports()
        self._may_be_missing = False

    def visit_Import(self, node: ast.Import) -> None:
        self._add(alias.name for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parents = self.package.split(".")[: len(self.package.split(".")) - node.level + 1] if node.level else []
        parts = [part for part in (*parents, node.module) if part]
        self._add(".".join([*parts, *([] if alias.name == "*" else [alias.name])]) for alias in node.names)

    def visit_Try(self, node: ast.Try) -> None:
        before = self._may_be_missing
        self._may_be_missing = before or any(map(_catches_missing, node.handlers))
        for child in (*node.body, *node.handlers):
            self.visit(child)
        self._may_be_missing = before
        for child in (*node.orelse, *node.finalbody):
            self.visit(child)

    def visit_If(self, node: ast.If) -> None:
        if not _is_never_true(node.test):
            self.generic_visit(node)
        else:
            for child in node.orelse:
                self.visit(child)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.texts.add(node.value)

    def _add(self, names: Iterable[str]) -> None:
        (self.found.optional if self._may_be_missing else self.found.required).update(names)


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else _MISSING
    return bool(caught & _MISSING)


def _is_never_true(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`, or that the module is the program."""
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'")
