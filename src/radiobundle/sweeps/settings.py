"""The configuration that a trial will run, merged as MONAI merges it, checked before anything is trained."""

from __future__ import annotations

import copy
import pydoc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from radiobundle.authoring.lint.allowed import find_component
from radiobundle.authoring.lint.arguments import component_parameters
from radiobundle.authoring.lint.own_code import own_problem
from radiobundle.bundles.config_ids import all_ids, components, has_id, references, strings
from radiobundle.bundles.own_code import own_modules
from radiobundle.bundles.recipes import config_chain
from radiobundle.bundles.running import check_kinds, suggest_id, unknown_ids, useless_options
from radiobundle.suggest import did_you_mean
from radiobundle.training.resume import PLACES, plain_settings, without_remarks

METADATA, LOGGING = "configs/metadata.json", "configs/logging.conf"
# Besides where things lie: on what, and how fast, but not what is learned.
_WITHOUT_EFFECT = PLACES | {"device", "num_workers", "prefetch"}


def training_files(bundle: Path, recipes: Sequence[str]) -> list[str]:
    """Return the configuration files of a training, relative to the bundle.

    Raises:
        ValueError: a recipe does not exist, or is one of an evaluation.
    """
    files = _relative(bundle, "train", *recipes)
    if "configs/evaluate.json" in files:
        raise ValueError(
            f"recipes {', '.join(recipes)}: one is for evaluations; name those of a training, or state under `parts` "
            "which trainings are evaluated"
        )
    return files


def evaluation_files(bundle: Path, recipes: Sequence[str]) -> list[str]:
    """Return the configuration files of the evaluation of such a training."""
    return _relative(bundle, "train", *recipes, "evaluate")


def merge_settings(
    bundle: Path, recipes: Sequence[str], overrides: Mapping[str, Any], *, evaluates: bool = False
) -> dict[str, Any]:
    """Return the merged, unresolved configuration of a training; nothing of it is evaluated.

    Args:
        bundle: its folder.
        recipes: over its training.
        overrides: by id.
        evaluates: of the evaluation instead.

    Raises:
        ValueError: a recipe or an override does not exist, has no effect, or names something that does not exist; the
            message suggests the nearest one.
    """
    parser = ConfigParser()
    files = evaluation_files if evaluates else training_files
    parser.read_config([str(bundle / name) for name in files(bundle, recipes)])
    parser.read_meta(str(bundle / METADATA))
    config: Any = parser.config
    for key, value in overrides.items():
        _check_id(key, config, own_modules(bundle))
        parser.update({key: copy.deepcopy(value)})  # which a later key may reach into
    for key, value in overrides.items():
        _check_value(key, value, config, bundle)
    check_kinds(config)
    for key in (*useless_options(overrides, config), *unknown_ids(config)):
        raise ValueError(f"override '{key}': nothing in the configuration uses it{suggest_id(key, config)}")
    settings: dict[str, Any] = config
    return settings


def effective_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a merged configuration decides what is learned: no paths, no remarks, nothing that stands idle.

    >>> effective_settings({"run": "$train(@lr)", "lr": 0.1, "output_dir": "a", "_desc_": "a remark"})["lr"]
    0.1
    """
    plain: dict[str, Any] = without_remarks(plain_settings(config))
    return {key: value for key, value in plain.items() if key not in _WITHOUT_EFFECT}


def _relative(bundle: Path, *names: str) -> list[str]:
    return [path.relative_to(bundle).as_posix() for path in config_chain(bundle, *names)]


def _check_id(key: str, config: Mapping[str, Any], local: frozenset[str]) -> None:
    """Refuse an id that neither the configuration nor the component that it reaches into knows."""
    if has_id(config, key):
        return
    where, _, name = key.rpartition("#")
    if not where or not has_id(config, where):
        raise ValueError(f"override '{key}': the configuration has no such id{did_you_mean(key, all_ids(config))}")
    section: Any = config
    for step in where.split("#"):
        section = section[int(step) if isinstance(section, list) else step]
    if not isinstance(section, Mapping):
        raise ValueError(f"override '{key}': {where} is {section!r}, and holds nothing")
    known = component_parameters(section.get("_target_"), local) if "_target_" in section else list(section)
    if known is not None and name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(map(str, known))}"
        raise ValueError(f"override '{key}': {where} has no '{name}'{hint}")


def _check_value(key: str, value: Any, config: Mapping[str, Any], bundle: Path) -> None:
    """Refuse a value that refers to an id that is not there, or names a component that cannot be found."""
    for where, text in strings(value, key):
        for reference in references(text):
            if not has_id(config, reference):
                hint = did_you_mean(reference, all_ids(config))
                raise ValueError(f"override '{where}': '@{reference}' refers to nothing{hint}")
    for where, component in components(value, key):
        problem = _target_problem(component["_target_"], bundle)
        if problem:
            raise ValueError(f"override '{where}': {problem}")


def _target_problem(target: Any, bundle: Path) -> str:
    """Return why there is no such component; empty: there is one, or only a run can tell."""
    if not isinstance(target, str):
        return f"_target_ {target!r} is no text"
    if target.startswith(("$", "@", "%")):
        return ""
    full = target if "." in target else find_component(target)
    if full.partition(".")[0] in own_modules(bundle):
        return own_problem(bundle, full)
    try:
        found = pydoc.locate(full) if full else None
    except pydoc.ErrorDuringImport as error:
        return f"'{target}' cannot be imported ({error.value})"
    return "" if found is not None else f"there is no '{target}'"
