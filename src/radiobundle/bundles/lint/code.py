"""Configurations run code: what this bundle's would run, and what of it is out of the ordinary."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from monai.bundle import ConfigParser

from radiobundle.bundles.lint.configs import config_paths, strings
from radiobundle.bundles.lint.finding import Finding

PACKAGES = {
    "ignite", "itertools", "json", "math", "monai", "nibabel", "numpy", "os", "pandas", "pathlib", "radiobundle",
    "scipy", "sklearn", "torch", "torchvision", "typing",
}  # fmt: skip
BANNED_NAMES = {"eval", "exec", "compile", "open", "input", "globals", "locals", "__import__", "getattr", "setattr"}
BANNED_MODULES = {"os": {"path", "environ", "getcwd", "sep"}}  # of these modules only the named parts are harmless


def list_code(bundle: Path) -> dict[str, list[str]]:
    """Return every distinct `_target_` and `$` expression, with the files that hold it."""
    found: dict[str, list[str]] = {}
    for path in config_paths(bundle):
        name = path.relative_to(bundle).as_posix()
        for key, text in strings(dict(ConfigParser.load_config_file(str(path)))):
            if text.startswith("$") or key.split("#")[-1] == "_target_":
                found.setdefault(text, []).append(name)
    return {text: sorted(set(files)) for text, files in sorted(found.items())}


def check_code(bundle: Path) -> Iterator[Finding]:
    """Yield what would run that is neither a known package nor a plain expression."""
    for text, files in list_code(bundle).items():
        reason = _expression(text[1:]) if text.startswith("$") else _target(text, bundle)
        for name in files if reason else ():
            yield Finding("warning", name, text, reason, "read what it does before you run or share this bundle")


def _target(target: str, bundle: Path) -> str:
    package = target.split(".", maxsplit=1)[0]
    if "." not in target or package in PACKAGES:
        return ""  # a bare name is MONAI's own
    if (bundle / package).is_dir() or (bundle / f"{package}.py").is_file():
        return f"runs the bundle's own code in {package}"
    return f"runs code of {package}"


def _expression(expression: str) -> str:
    try:
        tree = ast.parse(expression.replace("@", "_").replace("#", "_").replace("::", "_").strip())
    except SyntaxError as error:
        return f"no valid expression ({error.msg})"
    reasons = sorted({reason for node in ast.walk(tree) if (reason := _suspicion(node))})
    return ", ".join(reasons)


def _suspicion(node: ast.AST) -> str:
    if isinstance(node, ast.Name) and node.id in BANNED_NAMES:
        return f"calls {node.id}"
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        return f"reaches into {node.attr}"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        harmless = BANNED_MODULES.get(node.value.id)
        if harmless is not None and node.attr not in harmless:
            return f"calls {node.value.id}.{node.attr}"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        strange = [name for name in names if name.split(".")[0] not in PACKAGES]
        return f"imports {', '.join(strange)}" if strange else ""
    return ""
