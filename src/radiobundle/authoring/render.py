"""Render a bundle's flat, self-contained configs from the shared templates and the bundle's own two files.

A bundle has two authored files: `authored/metadata.json`, its facts, and `authored/config.json`, its `task` and what
differs from the templates in the sections `common`, `train`, `evaluate`, `ensemble`, `multi_gpu_train`, `inference`.
Each rendered file is the deep merge, in this order, of the engine's template, the task's (preceded by the template of
the task that it `extends`) and the bundle's own:

    metadata.json   = metadata
    train.json      = common + train
    evaluate.json   = evaluate (an overlay over train.json)
    ensemble.json   = ensemble (an overlay over both)
    inference.json  = common + inference
    multi_gpu_train.json = multi_gpu_train (an overlay over train.json, or over that and evaluate.json)

where a dict merges key by key and anything else replaces. A named component (`"network_def": "%networks#resnet18"`, see
`config_ids.BLOCKS`) is written out in its place, so that options reach inside it. All shared recipes and those of the
task (`templates/recipes/<task>`) are included, except those listed in `without_recipes` of the task or bundle; recipes
of a single bundle are authored in its `configs/recipes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from radiobundle.bundles.config_ids import is_block
from radiobundle.bundles.running import suggest_id, unknown_ids
from radiobundle.files import read_json, write_text
from radiobundle.suggest import did_you_mean

SECTIONS = {
    "metadata": ("metadata",),
    "train": ("common", "train"),
    "evaluate": ("evaluate",),
    "ensemble": ("ensemble",),
    "multi_gpu_train": ("multi_gpu_train",),
    "inference": ("common", "inference"),
}
COPIES = {"configs/logging.conf": "engine/logging.conf", "docs/options.md": "options.md", "LICENSE": "LICENSE"}
RECIPES = "configs/recipes"
AUTHORED_CONFIG, AUTHORED_METADATA = "authored/config.json", "authored/metadata.json"
_TEMPLATES = Path(__file__).parents[1] / "templates"


def render_bundle(config: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the text of every rendered file, by its path inside the bundle.

    Args:
        config: content of the bundle's `authored/config.json`.
        metadata: content of its `authored/metadata.json`.

    Raises:
        ValueError: a section, task, recipe or named component does not exist.
    """
    known = {"task", "without_recipes", *(section for parts in SECTIONS.values() for section in parts)} - {"metadata"}
    if unknown := set(config) - known:
        raise ValueError(f"{AUTHORED_CONFIG} has unknown sections {sorted(unknown)}; known are {sorted(known)}")
    layers = (*_task_chain(config).values(), {**config, "metadata": metadata or {}})
    configs = {name: _merge_layers(sections, layers) for name, sections in SECTIONS.items()}
    _refuse_idle_settings(configs)
    rendered = {f"configs/{name}.json": _dump(content) for name, content in configs.items()}
    copies = {**COPIES, **{f"{RECIPES}/{name}.json": path for name, path in shared_recipes(config).items()}}
    return rendered | {name: (_TEMPLATES / template).read_text("utf-8") for name, template in copies.items()}


def shared_recipes(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the shared recipes of a bundle: a dict from names to paths below the templates.

    Raises:
        ValueError: it leaves out a recipe that does not exist.
    """
    tasks = _task_chain(config)
    folders = ("recipes", *(f"recipes/{task}" for task in tasks))
    known = {name: f"{folder}/{name}.json" for folder in folders for name in _names(folder)}
    without = {name for stated in (*tasks.values(), config) for name in stated.get("without_recipes", [])}
    for name in without - set(known):
        hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        raise ValueError(f"{AUTHORED_CONFIG}: without_recipes names '{name}', which is not a shared recipe{hint}")
    return {name: known[name] for name in sorted(set(known) - without)}


def _task_chain(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the templates of a bundle's task by name, preceded by those of the tasks that it extends."""
    chain: dict[str, dict[str, Any]] = {}
    name = config.get("task")
    while name is not None or not chain:
        chain = {str(name): _read("tasks", name), **chain}
        name = chain[str(name)].get("extends")
    return chain


def _merge_layers(sections: Sequence[str], layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in ({section: _read("engine", section) for section in sections}, *layers):
        for section in sections:
            stated = layer.get(section, {})
            merged = deep_merge(merged, _in_place(stated, deep_merge(merged, stated)))
    return merged


def _in_place(section: Mapping[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section in which each component named with `%` is written out."""
    found = dict(section)
    for key, value in section.items():
        if isinstance(value, str) and value.startswith("%") and is_block(value[1:]):
            block, _, name = value[1:].partition("#")
            if name not in blocks.get(block, {}):
                raise ValueError(f"{AUTHORED_CONFIG}: there is no '{value}'{did_you_mean(name, blocks.get(block, {}))}")
            found[key] = blocks[block][name]
    return found


def _refuse_idle_settings(configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError if a setting, such as a mistyped one, would have no effect; an overlay may use its base's."""
    base = configs["train"]
    for name, config in configs.items():
        whole = config if name in ("train", "inference") else {**base, **config}
        for key in unknown_ids(whole) if name != "metadata" else ():
            raise ValueError(f"{AUTHORED_CONFIG}: nothing in {name}.json uses '{key}'{suggest_id(key, whole)}")


def deep_merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `change` on top: dicts merge, everything else replaces.

    A dict that names another `_target_` replaces too: another component's options would make no sense.
    """
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and _same_target(old, value):
            merged[key] = deep_merge(old, value)
        else:
            merged[key] = value
    return merged


def _same_target(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return "_target_" not in new or new["_target_"] == old.get("_target_")


def render_command(bundles: Sequence[str], *, check: bool) -> int:
    """Render (or with `check` only compare) each bundle folder; return 1 when a file was stale, else 0."""
    folders = [Path(bundle) for bundle in bundles] or sorted(
        path.parents[1] for path in Path("bundles").glob(f"*/{AUTHORED_CONFIG}")
    )
    if not folders:
        raise ValueError(f"no bundles/*/{AUTHORED_CONFIG} here; run it from the project's root or name a bundle folder")
    stale = [path for folder in folders for path in render_folder(folder, check=check)]
    for path in stale:
        print(f"{'stale' if check else 'wrote'} {path}")
    if check and stale:
        print("run `radiobundle render` and commit the result")
    return int(check and bool(stale))


def read_authored(bundle: Path, name: str = AUTHORED_CONFIG) -> dict[str, Any]:
    """Return the content of one of a bundle's two authored files.

    Raises:
        ValueError: it is missing, or is not a mapping.
    """
    path = bundle / name
    content = read_json(path, fix="describe the bundle there, see `radiobundle init`")
    if not isinstance(content, dict):
        raise ValueError(f"{path}: holds no sections; known are task, without_recipes, {', '.join(SECTIONS)}")
    return content


def render_folder(folder: Path, *, check: bool) -> Iterator[Path]:
    """Write (or with `check` only compare) the rendered files of a bundle; yield each file that was stale."""
    for name, text in render_bundle(read_authored(folder), read_authored(folder, AUTHORED_METADATA)).items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            if not check:
                write_text(path, text)
            yield path


def _names(kind: str) -> list[str]:
    return sorted(path.stem for path in (_TEMPLATES / kind).glob("*.json"))


def _read(kind: str, name: Any) -> dict[str, Any]:
    if name not in _names(kind):
        raise ValueError(f"{AUTHORED_CONFIG} asks for {kind} '{name}'; known are {_names(kind)}")
    return json.loads((_TEMPLATES / kind / f"{name}.json").read_text("utf-8"))


def _dump(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=4, ensure_ascii=False) + "\n"
