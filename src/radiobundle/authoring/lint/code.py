"""Configurations run code: what this bundle's would run, and which of it no configuration should run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ReferenceResolver
from monai.bundle.workflows import _reject_executable_logging_config

from radiobundle.authoring.lint.allowed import (
    BUILTINS,
    LOADERS,
    PACKAGES,
    STANDARD,
    find_component,
    is_harmful,
    is_installed,
    name_problem,
)
from radiobundle.authoring.lint.configs import code_paths
from radiobundle.authoring.lint.expressions import expression_problems, imported_names
from radiobundle.authoring.lint.finding import Finding
from radiobundle.authoring.lint.own_code import check_own_code, own_problem
from radiobundle.bundles.config_ids import components, strings
from radiobundle.bundles.own_code import misplaced, own_modules
from radiobundle.bundles.recipes import SUFFIXES
from radiobundle.suggest import misspelt

_READ_IT = "read what it does before you run or share this bundle"
_REMOVE_IT = "remove it; do not run this bundle unless you know what it does"
_CORRECT_IT = "correct it"
_LOGGING = "configs/logging.conf"
_REFERENCES = re.compile(r"@([\w#]+)")
_SAFE = {"weights_only": True, "allow_pickle": False, "pickle_module": None}  # the only values a loader may be given


def list_code(bundle: Path) -> dict[str, list[str]]:
    """Return every distinct `_target_`, `$` expression and included file (`%`), with the files that hold it."""
    found: dict[str, set[str]] = {}
    for name, content in _contents(bundle):
        for key, text in strings(content):
            if _is_code(key, text):
                found.setdefault(text, set()).add(name)
    return {text: sorted(files) for text, files in sorted(found.items())}


def check_code(bundle: Path) -> Iterator[Finding]:
    """Yield code that is not a public class or function of a known package, or a plain expression of these.

    Nothing is run to find out. The bundle's own code, and packages that its metadata names, get a warning, since they
    are not checked; anything else that is unknown is an error.
    """
    local = own_modules(bundle)
    code = list_code(bundle)
    names: dict[str, set[str]] = {}
    for text in code:
        for bound, path in imported_names(text[1:]).items() if text.startswith("$") else ():
            names.setdefault(bound, set()).add(path)
    declared = _declared_packages(bundle)
    for text, files in code.items():
        for level, message, fix in _judge(text, bundle, names=names, local=local, declared=declared):
            yield from (Finding(level, name, _short(text), message, fix) for name in files)
    yield from _check_loaders(bundle)
    yield from _check_import_references(bundle)
    yield from _check_members(bundle)
    yield from check_own_code(bundle)
    yield from _check_logging(bundle)


def _judge(
    text: str, bundle: Path, *, names: Mapping[str, set[str]], local: frozenset[str], declared: frozenset[str]
) -> Iterator[tuple[Any, str, str]]:
    """Yield level, message and fix of what is wrong with one piece of code."""
    if text.startswith("%"):
        yield "error", "includes another file, which is not checked here", _REMOVE_IT
    elif text.startswith("$"):
        for problem in dict.fromkeys(expression_problems(text[1:], names, local=local | declared)):
            yield "error", problem, _REMOVE_IT
        for path in imported_names(text[1:]).values():
            yield from _judge_foreign(path, bundle, local=local, declared=declared)
    elif text.startswith("@"):
        yield "error", "is chosen at run time, so it cannot be checked", _REMOVE_IT
    else:
        yield from _judge_target(text, bundle, local=local, declared=declared)


def _judge_target(
    target: str, bundle: Path, *, local: frozenset[str], declared: frozenset[str]
) -> Iterator[tuple[Any, str, str]]:
    if "." not in target:
        full = find_component(target)
        if not full and target not in BUILTINS:
            yield "error", f"names {target}, which is not one of MONAI's components", _REMOVE_IT
        if not full:
            return
        target = full
    top = target.split(".", maxsplit=1)[0]
    if problem := misplaced(target, bundle):
        yield "error", problem.removeprefix(f"{target}: "), _CORRECT_IT
    elif top in local or top in declared:
        yield from _judge_foreign(target, bundle, local=local, declared=declared)
    elif top in PACKAGES and not is_installed(top):
        yield "warning", f"uses {top}, which is not installed here, so it cannot be checked", _READ_IT
    elif problem := name_problem(target):
        yield "error", problem, misspelt(top, local).removeprefix("; ") or _REMOVE_IT


def _judge_foreign(
    path: str, bundle: Path, *, local: frozenset[str], declared: frozenset[str]
) -> Iterator[tuple[Any, str, str]]:
    top = path.split(".", maxsplit=1)[0]
    if top in local:
        if problem := own_problem(bundle, path):
            yield "error", problem, _CORRECT_IT
        elif is_harmful(path):
            yield "error", f"names {path}, which can run other code, fetch or write files", _REMOVE_IT
        elif top not in PACKAGES:
            yield "warning", f"runs the bundle's own code in {top}", _READ_IT
    elif top in declared:
        yield "warning", f"runs code of {top}, which the metadata names", _READ_IT


def _declared_packages(bundle: Path) -> frozenset[str]:
    """Return the packages that the metadata asks for and that are not known here."""
    metadata = _load(bundle / "configs" / "metadata.json")
    named: set[str] = set()
    for key in ("required_packages_version", "optional_packages_version"):
        packages = metadata.get(key)
        named |= {str(name).replace("-", "_") for name in packages} if isinstance(packages, Mapping) else set()
    return frozenset(named - PACKAGES - STANDARD.keys() - set(sys.stdlib_module_names))


def _contents(bundle: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in code_paths(bundle):
        yield path.relative_to(bundle).as_posix(), _load(path)


def _load(path: Path) -> Mapping[str, Any]:
    """Return the content of a configuration; nothing of a broken one, which `check_configs` names."""
    try:
        content = ConfigParser.load_config_file(str(path)) if path.is_file() else {}
    except Exception:  # the JSON and YAML libraries raise many types
        return {}
    return content if isinstance(content, Mapping) else {"": content}


def _is_code(key: str, text: str) -> bool:
    includes_file = text.startswith("%") and any(suffix in text.lower() for suffix in SUFFIXES)  # as MONAI tells
    return text.startswith("$") or key.endswith("_target_") or includes_file


def _check_loaders(bundle: Path) -> Iterator[Finding]:
    """Yield components that are told to load pickles."""
    for name, content in _contents(bundle):
        for key, component in components(content):
            if component["_target_"] in LOADERS and component.get("_mode_", "default") != "default":
                yield Finding("error", name, f"{key}#_mode_", "passes on a loader of pickles", _REMOVE_IT)
            for option, safe in _SAFE.items():
                if option in component and component[option] is not safe:
                    yield Finding("error", name, f"{key}#{option}", "lets a loader run code from a file", _REMOVE_IT)


def _check_import_references(bundle: Path) -> Iterator[Finding]:
    """Yield references to import statements: their value is a module, so it is unknown what is used of it."""
    texts = [(name, key, text) for name, content in _contents(bundle) for key, text in strings(content)]
    modules = {key for _, key, text in texts if text.startswith("$") and imported_names(text[1:])}
    holders = {key.rsplit("#", depth)[0] for key in modules for depth in range(key.count("#") + 1)}
    for name, key, text in texts:
        if text.startswith(("$", "@")):
            try:
                resolved = ConfigParser.resolve_relative_ids(key, ReferenceResolver.normalize_id(text))
            except (ValueError, IndexError) as error:
                yield Finding("error", name, key, f"refers to nothing ({error})", _REMOVE_IT)
                continue
            for reference in sorted(set(_REFERENCES.findall(resolved)) & holders):
                holders.remove(reference)  # said once
                yield Finding(
                    "error", name, key, f"'@{reference}' is an import, or holds one", "name the module itself"
                )


def _check_members(bundle: Path) -> Iterator[Finding]:
    """Yield runs that an ensemble is made of: their `run.json`, which is not looked at here, is executed."""
    for name, content in _contents(bundle):
        stated = [("ensemble_runs", content.get("ensemble_runs"))]
        stated += [
            (f"{key}#runs", component.get("runs"))
            for key, component in components(content)
            if str(component["_target_"]).startswith("radiobundle.models.ensemble.")
        ]
        for key, runs in stated:
            if runs and runs != "@ensemble_runs":
                yield Finding("error", name, key, "executes the run.json of these folders", "let the user name them")


def _check_logging(bundle: Path) -> Iterator[Finding]:
    """MONAI hands this file to `logging.config.fileConfig`, which evaluates parts of it."""
    if (bundle / _LOGGING).is_file():
        try:
            _reject_executable_logging_config(str(bundle / _LOGGING))
        except Exception as error:
            yield Finding("error", _LOGGING, "", str(error).partition(": ")[2] or str(error), _REMOVE_IT)


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."
