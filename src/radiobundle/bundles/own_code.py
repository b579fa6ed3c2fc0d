"""The Python that a configuration names beyond radiobundle: the bundle's own modules, and installed packages.

MONAI's runner puts the bundle's folder on the path, so that `mynet.py` or `scripts/mynet.py` beside `configs` is found
as `_target_: mynet.Net` or `scripts.mynet.Net`. Whoever opens a run or a package later needs the same modules, and the
files that they read: a run keeps a copy of them in `code`, a package has them in its root.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from radiobundle.bundles.config_ids import components, strings
from radiobundle.bundles.imports import imports_of, imports_of_expression

OURS = "radiobundle"
CODE = "code"  # of a run
_NOT_CODE = {"configs", "docs", "models", CODE}  # folders of a bundle or a run that hold something else
_NEVER_SHARED = {"authored", "data", "datalist.json", "output", "store"}  # what else is in a bundle's folder by default


def own_modules(bundle: Path) -> frozenset[str]:
    """Return the names of the modules and packages in a bundle's root, where MONAI finds them first."""
    files = {path.stem for path in bundle.glob("*.py")}
    folders = {path.parent.name for path in bundle.glob("*/*.py")} | {
        path.parents[1].name for path in bundle.glob("*/*/*.py")
    }
    return frozenset(files | (folders - _NOT_CODE))


def named_code(config: Mapping[str, Any]) -> set[str]:
    """Return the full names that a configuration's components and expressions import.

    >>> sorted(named_code({"network_def": {"_target_": "mynet.Net"}, "imports": ["$import torch"]}))
    ['mynet.Net', 'torch']
    """
    targets = {str(component["_target_"]) for _, component in components(config)}
    names = {target for target in targets if "." in target}
    for _, text in strings(config):
        if text.startswith("$"):
            names |= imports_of_expression(text[1:]).required
    return names


def misplaced(name: str, bundle: Path) -> str:
    """Return why own code cannot stay where it is, although MONAI finds it there in training; empty: it can.

    Args:
        name: full name of a class or function, such as `models.mynet.Net`.
        bundle: the bundle's folder.
    """
    top = name.partition(".")[0]
    files = [path.relative_to(bundle) for path in files_of(name, bundle)]
    if not files:
        return ""
    if top in _NOT_CODE and files[0] != Path(f"{top}.py"):
        return f"{name}: a bundle's folder '{top}' is not for code; move {files[-1]} to another one, such as 'scripts'"
    if top in sys.stdlib_module_names:
        return f"{name}: {files[0]} has the name of a module of Python's own library, which it hides; rename it"
    return ""


def refuse_misplaced(config: Mapping[str, Any], bundle: Path) -> None:
    """Raise ValueError for own code that trains but that nobody could use afterwards, see `misplaced`."""
    for name in sorted(named_code(config)):
        if problem := misplaced(name, bundle):
            raise ValueError(problem)


def used_modules(config: Mapping[str, Any], bundle: Path) -> list[Path]:
    """Return what a configuration needs of the bundle's own: modules, folders of packages, and files that these name.

    These are the modules that it names, those that they import, and files of the bundle whose names occur in them as
    text, such as weights or a table that a module reads.

    Raises:
        ValueError: a module is not valid Python.
    """
    code = _follow(config, bundle)
    whole = {bundle / path.relative_to(bundle).parts[0] for path in code.modules}
    beside = {path for path in code.files if bundle / path.relative_to(bundle).parts[0] not in whole}
    return sorted(whole | beside)


def required_versions(config: Mapping[str, Any], bundle: Path, *, known: Iterable[str]) -> dict[str, str]:
    """Return the installed distributions, with their versions, that a configuration and own modules import.

    What a module can do without (`except ImportError`), imports only for type checkers, or only as a program, is left
    out, unless, for the first, it is installed.

    Args:
        config: the configuration.
        bundle: where its own modules are.
        known: distributions that are required already.

    Raises:
        ValueError: a module is in no installed distribution, for example because it is found only through PYTHONPATH.
    """
    code, distributions = _follow(config, bundle), packages_distributions()
    asked = {_spelled(name) for name in known}
    found: dict[str, str] = {}
    for name in sorted((code.required | code.optional) - {OURS} - set(sys.stdlib_module_names)):
        if name not in distributions:
            if name not in code.required:
                continue
            raise ValueError(
                f"{name} belongs neither to the bundle nor to an installed package, so a package could not run "
                f"elsewhere{_whereabouts(name)}; move it into the bundle's folder, or install it"
            )
        if not any(_spelled(one) in asked for one in distributions[name]):
            found[distributions[name][0]] = version(distributions[name][0])
    return found


def keep_modules(modules: Iterable[Path], folder: Path, *, root: Path) -> None:
    """Copy modules and files below `root` into a folder, replacing those of the same names."""
    for module in modules:
        target = folder / module.relative_to(root)
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


@dataclass(frozen=True)
class _Code:
    """What a configuration leads to: own modules, files that they name, and first names of what is not own."""

    modules: set[Path]
    files: set[Path]
    required: set[str]
    optional: set[str]


def _follow(config: Mapping[str, Any], bundle: Path) -> _Code:
    """Follow the names in a configuration through the bundle's own modules."""
    own = own_modules(bundle) - {OURS}
    code = _Code(set(), set(), set(), set())
    waiting = [(name, code.required) for name in sorted(named_code(config))]
    while waiting:
        name, outside = waiting.pop()
        if name.partition(".")[0] not in own:
            outside.add(name.partition(".")[0])
            continue
        for file in set(files_of(name, bundle)) - code.modules:
            code.modules.add(file)
            found = imports_of(file, package=".".join(file.relative_to(bundle).parent.parts))
            code.files.update(path for text in found.texts if (path := _file_named(text, bundle)))
            waiting += [(one, outside) for one in found.required]
            waiting += [(one, code.optional) for one in found.optional]
    return code


def files_of(name: str, bundle: Path) -> list[Path]:
    """Return the files that Python runs to import a full name from a bundle's root: packages, then the module."""
    files, place = [], bundle
    for part in name.split("."):
        place = place / part
        if (package := place / "__init__.py").is_file():
            files.append(package)
        elif (module := place.with_name(f"{part}.py")).is_file():
            return [*files, module]
        elif not place.is_dir():
            return files
    return files


def _file_named(text: str, bundle: Path) -> Path | None:
    """Return the file of a bundle that a text in its code names; no code, and nothing that every bundle has."""
    path = Path(text)
    is_plain = 0 < len(text) < 256 and "\0" not in text and not path.is_absolute() and ".." not in path.parts
    if not is_plain or path.parts[:1] in {(name,) for name in _NOT_CODE | _NEVER_SHARED}:
        return None
    return bundle / path if path.suffix != ".py" and (bundle / path).is_file() else None


def _spelled(distribution: str) -> str:
    return distribution.lower().replace("_", "-")


def _whereabouts(name: str) -> str:
    for folder in sys.path:
        for path in (Path(folder) / f"{name}.py", Path(folder) / name):
            if path.exists():
                return f" (it was found at {path})"
    return ""
