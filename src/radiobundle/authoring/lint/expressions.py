"""Read a `$` expression of a configuration without evaluating it: which names it uses, and which it may not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from radiobundle.authoring.lint.allowed import (
    BUILTINS,
    ENVIRONMENT,
    HARMFUL_ATTRIBUTES,
    LOADERS,
    is_harmful,
    name_problem,
)

GLOBALS = {"monai": "monai", "np": "numpy", "numpy": "numpy", "torch": "torch"}  # that MONAI gives every expression
_BY_NAME = {"agg", "aggregate", "apply", "transform", "pipe"}  # of pandas, which call a method by its name
_REFERENCE = re.compile(r"@[\w#:]+")


def parse_expression(expression: str) -> ast.Module:
    """Return the syntax tree of an expression without its `$`; references (`@id`) become the name `_reference`.

    Raises:
        ValueError: it is not valid Python.
    """
    try:
        return ast.parse(_REFERENCE.sub("_reference", expression).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"not a valid expression ({getattr(error, 'msg', error)})") from error


def imported_names(expression: str) -> dict[str, str]:
    """Return what an import statement binds, name to full path; nothing for any other expression."""
    try:
        tree = parse_expression(expression)
    except ValueError:
        return {}
    bound: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            bound |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return bound


def expression_problems(expression: str, names: Mapping[str, set[str]], *, local: frozenset[str]) -> Iterator[str]:
    """Yield what an expression uses and may not.

    Args:
        expression: without its `$`.
        names: what the bundle's import statements bind, name to full paths (several files may differ).
        local: top-level modules of the bundle itself; these are checked elsewhere.
    """
    try:
        tree = parse_expression(expression)
    except ValueError as error:
        yield str(error)
        return
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _import_problems(node, local)
        elif not isinstance(node, ast.Expr):
            yield f"holds a statement ({type(node).__name__})"
    yield from _Walk(names, local).problems(tree)


def _import_problems(node: ast.Import | ast.ImportFrom, local: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and (node.level or not node.module):
        yield "is a relative import outside a package"
        return
    for alias in node.names:
        path = alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        bound = alias.asname or alias.name
        top = path.split(".", maxsplit=1)[0]
        if alias.name == "*":
            yield f"imports everything from {node.module if isinstance(node, ast.ImportFrom) else path}"
        elif bound in {*GLOBALS, *BUILTINS} and GLOBALS.get(bound) != path:
            yield f"binds the name {bound} to {path}, which hides its usual meaning"
        elif top not in local and (problem := name_problem(path, kind="import")):
            yield problem


class _Walk:
    """Follows the names of one expression to what they stand for."""

    def __init__(self, names: Mapping[str, set[str]], local: frozenset[str]) -> None:
        self.names = {**names, **{name: {path} for name, path in GLOBALS.items()}}
        self.local = local
        self.own = {"_reference"}

    def problems(self, tree: ast.Module) -> Iterator[str]:
        self.called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        self.looked_up = {id(part) for node in ast.walk(tree) for part in _looked_up(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.NamedExpr):
                yield f"binds the name {node.target.id}, which other expressions may use"
        yield from self._visit(tree)

    @contextmanager
    def _binding(self, names: Iterable[str]) -> Iterator[None]:
        """Names that a part of an expression binds stand there for unknown values."""
        before, self.own = self.own, self.own | set(names)
        yield
        self.own = before

    def _visit_scope(self, node: ast.AST) -> Iterator[str]:
        """Visit an anonymous function or a comprehension, whose own names hide others inside of it only."""
        if isinstance(node, ast.Lambda):
            yield from (problem for child in ast.iter_child_nodes(node.args) for problem in self._visit(child))
            with self._binding(each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)):
                yield from self._visit(node.body)
            return
        with ExitStack() as scopes:
            for loop in node.generators:  # type: ignore[attr-defined]
                yield from self._visit(loop.iter)
                bound = [each.id for each in ast.walk(loop.target) if isinstance(each, ast.Name)]
                scopes.enter_context(self._binding(bound))
                yield from (problem for test in loop.ifs for problem in self._visit(test))
            values = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.comprehension)]
            yield from (problem for value in values for problem in self._visit(value))

    def _visit(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from self._visit_scope(node)
            return
        if isinstance(node, ast.Call) and self._switches_a_backend(node):
            yield from (problem for value in node.args[2:] for problem in self._visit(value))
            return
        paths = self._paths(node)
        if paths:
            yield from (problem for path in sorted(paths) if (problem := self._path_problem(path)))
            if LOADERS & paths and id(node) not in self.called:
                yield f"passes on {min(LOADERS & paths)}, so its arguments cannot be checked"
            if ENVIRONMENT in paths and id(node) not in self.looked_up:
                yield f"passes on {ENVIRONMENT}, which could then be changed"
            return
        if isinstance(node, ast.Name):
            yield from self._name_problems(node)
        elif isinstance(node, ast.Attribute) and HARMFUL_ATTRIBUTES.fullmatch(node.attr):
            yield f"uses the attribute {node.attr} of something unknown"
        if isinstance(node, ast.Call):
            yield from self._call_problems(node)
        for child in ast.iter_child_nodes(node):
            yield from self._visit(child)

    def _paths(self, node: ast.AST) -> set[str]:
        """Return the full paths that a name or chain of attributes may stand for; none: it starts from a value."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self.own:
            return set()
        return {".".join([known, *reversed(parts)]) for known in self.names.get(node.id, ())}

    def _path_problem(self, path: str) -> str:
        if path.split(".", maxsplit=1)[0] not in self.local:
            return name_problem(path, kind="value")
        return f"names {path}, which can run other code, fetch or write files" if is_harmful(path) else ""

    def _switches_a_backend(self, node: ast.Call) -> bool:
        """Whether a call is `setattr(torch.backends.X, "name", value)`, the one harmless `setattr`."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3):
            return False
        owner, name, _ = node.args
        is_plain = isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("_")
        return is_plain and all(path.startswith("torch.backends.") for path in self._paths(owner) or {""})

    def _name_problems(self, node: ast.Name) -> Iterator[str]:
        if node.id in self.own or node.id in BUILTINS or node.id == "_reference":
            return
        yield f"uses {node.id}, which no configuration may use"

    def _call_problems(self, node: ast.Call) -> Iterator[str]:
        """Arguments that switch a safe loader to pickles, and `eval` of an object with something to evaluate."""
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg in ("weights_only", "allow_pickle") and value is not (keyword.arg == "weights_only"):
                yield f"loads pickles ({keyword.arg}={ast.unparse(keyword.value)})"
            if keyword.arg == "pickle_module":
                yield "chooses its own pickle module"
        loaders = LOADERS & self._paths(node.func)
        unseen = any(isinstance(each, ast.Starred) for each in node.args) or None in {
            each.arg for each in node.keywords
        }
        if loaders and unseen:
            yield f"gives {min(loaders)} arguments that cannot be checked (* or **)"
        if loaders and len(node.args) > 2:
            yield f"gives {min(loaders)} more than a file and a device by position"
        if isinstance(node.func, ast.Attribute) and node.func.attr in _BY_NAME:
            yield from self._named_methods(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "eval" and (node.args or node.keywords):
            yield "evaluates text (eval)"

    def _named_methods(self, node: ast.Call) -> Iterator[str]:
        """What is wrong with the methods that a call may name by text; an anonymous function names none."""
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        for part in (part for value in values if not isinstance(value, ast.Lambda) for part in ast.walk(value)):
            if (
                isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and HARMFUL_ATTRIBUTES.fullmatch(part.value)
            ):
                yield f"calls the method {part.value} by name"
            elif isinstance(part, (ast.BinOp, ast.JoinedStr, ast.Call)) or (
                isinstance(part, ast.Name) and not self._paths(part)
            ):
                yield f"may name a method by {ast.unparse(part).replace('_reference', '@...')}, which cannot be read"


def _looked_up(node: ast.AST) -> list[ast.expr]:
    """Return what a node only looks something up in: `x[...]`, `... in x`."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return [node.value]
    return node.comparators if isinstance(node, ast.Compare) else []
