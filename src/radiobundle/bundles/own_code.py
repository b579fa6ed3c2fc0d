"""The Python that a configuration names beyond radiobundle: the bundle's own modules, and installed packages.

MONAI's runner puts the bundle's folder on the path, so that `mynet.py` or `scripts/mynet.py` beside `configs` is found
as `_target_: mynet.Net` or `scripts.mynet.Net`. Whoever opens a run or a package later needs the same modules: a run
keeps a copy of them in `code`, a package has them in its root.
"""

from __future__ import annotations

import ast
import importlib
import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from radiobundle.bundles.config_ids import components, strings

OURS = "radiobundle"
CODE = "code"  # of a run
_NOT_CODE = {"configs", "docs", "models"}


def own_modules(bundle: Path) -> frozenset[str]:
    """Return the names of the modules and packages in a bundle's root, where MONAI finds them first."""
    files = {path.stem for path in bundle.glob("*.py")}
    folders = {path.parent.name for path in bundle.glob("*/*.py")} | {
        path.parents[1].name for path in bundle.glob("*/*/*.py")
    }
    return frozenset((files | folders) - _NOT_CODE)


def named_packages(config: Mapping[str, Any]) -> set[str]:
    """Return the first parts of all names that a configuration's components and expressions import.

    >>> sorted(named_packages({"network_def": {"_target_": "mynet.Net"}, "imports": ["$import torch"]}))
    ['mynet', 'torch']
    """
    targets = {str(component["_target_"]) for _, component in components(config)}
    names = {target.partition(".")[0] for target in targets if "." in target}
    for _, text in strings(config):
        if text.startswith("$"):
            names |= _imports(text[1:])
    return names


def used_modules(config: Mapping[str, Any], bundle: Path) -> list[Path]:
    """Return the bundle's own modules (files, or folders of packages) that a configuration needs.

    These are the modules that it names, and those that they import.
    """
    own = own_modules(bundle) - {OURS}
    waiting, found = named_packages(config) & own, dict[str, Path]()
    while waiting:
        name = waiting.pop()
        file = bundle / f"{name}.py"
        found[name] = file if file.is_file() else bundle / name
        waiting |= (_imports_of(found[name]) & own) - set(found)
    return [found[name] for name in sorted(found)]


def required_versions(config: Mapping[str, Any], modules: Iterable[Path], *, known: Iterable[str]) -> dict[str, str]:
    """Return the installed distributions, with their versions, that a configuration and own modules import.

    Args:
        config: the configuration.
        modules: of the bundle, see `used_modules`; what they import is looked up too.
        known: distributions that are required already.

    Raises:
        ValueError: a module is in no installed distribution, for example because it is found only through PYTHONPATH.
    """
    paths = list(modules)
    own = {path.stem for path in paths} | {OURS}
    names = named_packages(config).union(*map(_imports_of, paths))
    distributions = packages_distributions()
    asked = {_spelled(name) for name in known}
    found: dict[str, str] = {}
    for name in sorted(names - own - set(sys.stdlib_module_names)):
        if name not in distributions:
            raise ValueError(
                f"{name} belongs neither to the bundle nor to an installed package, so a package could not run "
                f"elsewhere{_whereabouts(name)}; move it into the bundle's folder, or install it"
            )
        if not any(_spelled(one) in asked for one in distributions[name]):
            found[distributions[name][0]] = version(distributions[name][0])
    return found


def keep_modules(modules: Iterable[Path], folder: Path) -> None:
    """Copy modules into a folder, replacing modules of the same names."""
    for module in modules:
        target = folder / module.name
        if module.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module, target)
        else:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(module, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))


def import_from(folder: Path) -> None:
    """Make a folder's own modules importable, before any others of the same names.

    Two bundles may each have a `mynet`; the one that was opened last is the one that is imported from now on.
    """
    root = folder.resolve()
    own = own_modules(root) - {OURS}
    if not own:
        return
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
        if name.partition(".")[0] in own and not (file and Path(file).resolve().is_relative_to(root)):
            del sys.modules[name]
    sys.path[:] = [str(root), *(path for path in sys.path if path != str(root))]
    importlib.invalidate_caches()


def _imports_of(module: Path) -> set[str]:
    """Return the first parts of the names that a module, or any file of a package, imports."""
    sources = [module] if module.is_file() else sorted(module.rglob("*.py"))
    return {name for source in sources for name in _imports(source.read_text("utf-8"), name=str(source))}


def _imports(text: str, *, name: str = "") -> set[str]:
    """Return the first parts of the names that Python code imports; none for an expression that is not code."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        if name:
            raise ValueError(f"{name}: is not valid Python ({error})") from error
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _spelled(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def _whereabouts(name: str) -> str:
    for folder in sys.path:
        for path in (Path(folder) / f"{name}.py", Path(folder) / name):
            if path.exists():
                return f" (it was found at {path})"
    return ""
