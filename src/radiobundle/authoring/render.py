"""Render a bundle's flat, self-contained configs from the shared templates and the bundle's own differences.

Each file is the deep merge, in this order, of the engine's template, the task's and the bundle's `overrides.json`:

    metadata.json   = metadata
    train.json      = common + train
    evaluate.json   = evaluate (an overlay over train.json)
    ensemble.json   = ensemble (an overlay over both)
    inference.json  = common + inference
    multi_gpu_train.json = multi_gpu_train (an overlay over train.json, or over that and evaluate.json)

where a dict merges key by key and anything else replaces. `overrides.json` holds `task`, `recipes` (names of shared
recipes to include) and any of the sections above. Recipes that only one bundle has are authored in its
`configs/recipes` and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from radiobundle.bundles.running import suggest_id, unknown_ids
from radiobundle.files import read_json, write_text

SECTIONS = {
    "metadata": ("metadata",),
    "train": ("common", "train"),
    "evaluate": ("evaluate",),
    "ensemble": ("ensemble",),
    "multi_gpu_train": ("multi_gpu_train",),
    "inference": ("common", "inference"),
}
COPIES = {"configs/logging.conf": "engine/logging.conf", "docs/options.md": "options.md", "LICENSE": "LICENSE"}
OVERRIDES = "overrides.json"
_TEMPLATES = Path(__file__).parents[1] / "templates"


def render_bundle(overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of every rendered file, by its path inside the bundle.

    Raises:
        ValueError: a section, task or recipe does not exist.
    """
    known = {"task", "recipes", *(section for parts in SECTIONS.values() for section in parts)}
    if unknown := set(overrides) - known:
        raise ValueError(f"{OVERRIDES} has unknown sections {sorted(unknown)}; known are {sorted(known)}")
    task = _read("tasks", f"{overrides.get('task')}.json")
    rendered = {}
    configs: dict[str, dict[str, Any]] = {}
    for name, sections in SECTIONS.items():
        merged: dict[str, Any] = {}
        for section in sections:
            merged = deep_merge(merged, _read("engine", f"{section}.json"))
        for layer in (task, overrides):
            for section in sections:
                merged = deep_merge(merged, layer.get(section, {}))
        configs[name] = merged
        rendered[f"configs/{name}.json"] = _dump(merged)
    _refuse_idle_settings(configs)
    for recipe in overrides.get("recipes", ()):
        rendered[f"configs/recipes/{recipe}.json"] = _dump(_read("recipes", f"{recipe}.json"))
    for name, template in COPIES.items():
        rendered[name] = (_TEMPLATES / template).read_text("utf-8")
    return rendered


def _refuse_idle_settings(configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError where a setting would have no effect, as a mistyped one; an overlay may use its base's."""
    base = configs["train"]
    for name, config in configs.items():
        whole = config if name in ("train", "inference") else {**base, **config}
        for key in unknown_ids(whole) if name != "metadata" else ():
            raise ValueError(f"{OVERRIDES}: nothing in {name}.json uses '{key}'{suggest_id(key, whole)}")


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
        path.parent for path in Path("bundles").glob(f"*/{OVERRIDES}")
    )
    if not folders:
        raise ValueError(f"no bundles/*/{OVERRIDES} here; run it from the project's root or name a bundle folder")
    stale = [path for folder in folders for path in _render_folder(folder, check=check)]
    for path in stale:
        print(f"{'stale' if check else 'wrote'} {path}")
    if check and stale:
        print("run `radiobundle render` and commit what it writes")
    return int(check and bool(stale))


def _render_folder(folder: Path, *, check: bool) -> Iterator[Path]:
    source = folder / OVERRIDES
    if not source.is_file():
        raise ValueError(f"{source}: no such file; every bundle states its differences there")
    overrides = read_json(source, fix="correct the file")
    if not isinstance(overrides, dict):
        raise ValueError(f"{source}: holds no sections; known are task, recipes, {', '.join(SECTIONS)}")
    for name, text in render_bundle(overrides).items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            if not check:
                write_text(path, text)
            yield path


def _read(kind: str, name: str) -> dict[str, Any]:
    folder = _TEMPLATES / kind
    if not (folder / name).is_file():
        known = sorted(entry.stem for entry in folder.iterdir())
        raise ValueError(f"{OVERRIDES} asks for {kind} '{Path(name).stem}'; known are {known}")
    content: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return content


def _dump(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=4, ensure_ascii=False) + "\n"
