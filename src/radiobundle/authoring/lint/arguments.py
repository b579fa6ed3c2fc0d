"""Do components accept the arguments that a configuration gives them? Signatures are read, nothing is called."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radiobundle.authoring.lint.allowed import find_component, name_problem
from radiobundle.authoring.lint.configs import code_paths
from radiobundle.authoring.lint.finding import Finding
from radiobundle.authoring.lint.own_code import own_modules
from radiobundle.bundles.config_ids import components
from radiobundle.bundles.recipes import load_config
from radiobundle.suggest import did_you_mean


def check_arguments(bundle: Path) -> Iterator[Finding]:
    """Yield arguments that a component of a known package does not take, such as a mistyped one."""
    local = own_modules(bundle)
    for path in code_paths(bundle):
        try:
            content = load_config(path)
        except ValueError:
            continue  # said by `check_configs`
        for key, component in components(content):
            known = component_parameters(component["_target_"], local)
            if known is None:
                continue
            for name in component:
                if not str(name).startswith("_") and name not in known:
                    message = f"{component['_target_']} takes no '{name}'"
                    fix = did_you_mean(str(name), known).removeprefix("; ") or f"it takes {', '.join(known)}"
                    yield Finding("error", path.relative_to(bundle).as_posix(), f"{key}#{name}", message, fix)


def component_parameters(target: Any, local: frozenset[str]) -> list[str] | None:
    """Return the names that a component takes; None: any, or it cannot be known.

    Args:
        target: its `_target_`.
        local: names of the bundle's own modules, see `own_modules`.
    """
    if not isinstance(target, str) or target.startswith(("$", "@", "%")):
        return None
    full = target if "." in target else find_component(target)
    if not full or full.split(".", maxsplit=1)[0] in local or name_problem(full):
        return None
    try:
        parameters = inspect.signature(pydoc.locate(full)).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return None if takes_any else [name for name in parameters if name != "self"]
