"""A sweep as its YAML file states it: read, checked, paths made absolute. Nothing of the bundle is read here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radiobundle.bundles.recipes import load_config
from radiobundle.schemas import check_schema, refuse_unknown_keys

# What the sweep states itself, and how the file says it.
OWN_OVERRIDES = {
    "dataset_dir": "dataset_dir",
    "datalist": "datalist",
    "seed": "seeds",
    "max_epochs": "budget: {epochs: N}",
    "output_dir": "--output",
    "ckpt_dir": "--output",
    "checkpoint": "--output",
    "store_dir": "--store-dir",
    "resume": "nothing: trials always go on where they were",
    "bundle_root": "bundle",
}
_FIX = "correct the file (docs/sweeps.md lists its keys)"
_EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")  # a text for YAML 1.1, a number for everybody else


@dataclass(frozen=True)
class Row:
    """One named configuration: recipes and overrides over those of the whole sweep.

    Args:
        name: of it.
        recipes, overrides: of its training; with parts, of the evaluation that joins them.
        parts: the trainings whose weights it evaluates, by the setting that takes the path of their weights.
    """

    name: str
    recipes: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Search:
    """Values that a sampler chooses.

    Args:
        trials: how many configurations.
        ranges: by override; `low` and `high` (with `log` or `step`; whole numbers give whole numbers), or `choices`.
        sampler: random, or tpe (Bergstra et al. 2011), which learns from what has finished.
        seed: of the sampler.
    """

    trials: int
    ranges: Mapping[str, Mapping[str, Any]]
    sampler: str = "random"
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What is trained and how it is compared; all paths are absolute.

    Args:
        bundle: its folder.
        dataset_dir: of the images; of a merged list one for each set.
        datalists: one, or one for each fold.
        seeds: every configuration is trained with each.
        metric: by which configurations are compared; None: the bundle's key metric.
        epochs, minutes: of each training; None: as many epochs as the configuration says, as long as they take.
        recipes, overrides: given to every trial.
        rows: the named configurations.
        grid: override -> values, crossed with the rows.
        search: further configurations.
        pruner: which of the searched trainings end early.
        baseline: name of the row that the others are compared with.
        soup: how many of the best trainings are made one by the average of their weights; None: no soup is made.
    """

    bundle: Path
    dataset_dir: str | Mapping[str, str]
    datalists: tuple[Path, ...]
    seeds: tuple[int, ...] = (0,)
    metric: str | None = None
    epochs: int | None = None
    minutes: float | None = None
    recipes: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[Row, ...] = (Row("baseline"),)
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    search: Search | None = None
    pruner: str = "none"
    baseline: str | None = None
    soup: int | None = None


def read_sweep(path: str | Path, *, dataset_dir: str | Path | None = None, datalist: str | Path | None = None) -> Sweep:
    """Read a sweep file.

    Args:
        path: of the YAML (or JSON) file; the paths in it are relative to its folder.
        dataset_dir: instead of the file's.
        datalist: path or pattern instead of the file's.

    Raises:
        ValueError: the file is missing, is no YAML, or a key, value or path of it is wrong; the message names it.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; name the sweep's YAML")
    content = load_config(path)
    try:
        content = _plain(content)
        refuse_unknown_keys(content, "sweep")
        check_schema(content, "sweep", name="the sweep", fix=_FIX)
        return _sweep(content, path.resolve().parent, dataset_dir, datalist)
    except RecursionError as error:
        raise ValueError(f"{path}: a part of it contains itself (an alias, *name, within its own &name)") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _sweep(content: dict[str, Any], folder: Path, dataset_dir: Any, datalist: Any) -> Sweep:
    rows = tuple(_row(row) for row in content.get("rows", [{"name": "baseline"}]))
    grid = {key: tuple(values) for key, values in content.get("grid", {}).items()}
    search = Search(**_whole(content["search"], "trials", "seed")) if "search" in content else None
    sweep = Sweep(
        bundle=_bundle(folder / content["bundle"]),
        dataset_dir=_dataset_dir(content.get("dataset_dir"), folder, dataset_dir),
        datalists=_datalists(content.get("datalist"), folder, datalist),
        seeds=tuple(map(int, content.get("seeds", [0]))),
        metric=content.get("metric"),
        **_whole(content.get("budget", {}), "epochs"),
        recipes=tuple(content.get("recipes", ())),
        overrides=content.get("overrides", {}),
        rows=rows,
        grid=grid,
        search=search,
        pruner=content.get("pruner", "none"),
        baseline=content.get("baseline"),
        soup=int(content["soup"]) if "soup" in content else None,
    )
    _check_overrides(sweep)
    if len({row.name for row in rows}) < len(rows):
        raise ValueError(f"two rows have one name: {', '.join(row.name for row in rows)}; rename one")
    if sweep.soup is not None and len(sweep.datalists) > 1:
        raise ValueError("soup: trainings on folds have seen each other's validation images; use one datalist")
    if sweep.pruner != "none" and search is None:
        raise ValueError(
            "a pruner needs a search: rows and grid are compared with each other, so all of them train to their end"
        )
    return sweep


def _row(content: Mapping[str, Any]) -> Row:
    parts = {setting: _row({"name": setting, **part}) for setting, part in content.get("parts", {}).items()}
    return Row(content["name"], tuple(content.get("recipes", ())), content.get("overrides", {}), parts)


def _bundle(folder: Path) -> Path:
    if not (folder / "configs" / "train.json").is_file():
        raise ValueError(f"bundle: {folder}: holds no configs/train.json; name a bundle's folder")
    return folder.resolve()


def _dataset_dir(stated: Any, folder: Path, given: str | Path | None) -> str | dict[str, str]:
    if given is not None:
        return str(Path(given).resolve())
    if stated is None:
        raise ValueError("states no dataset_dir; add it, or give `dataset_dir`")
    if isinstance(stated, Mapping):
        return {name: str((folder / part).resolve()) for name, part in stated.items()}
    return str((folder / stated).resolve())


def _datalists(stated: Any, folder: Path, given: str | Path | None) -> tuple[Path, ...]:
    if given is not None:
        stated, folder = str(given), Path.cwd()
    if stated is None:
        raise ValueError("states no datalist; add it, or give `datalist`")
    found: list[Path] = []
    for pattern in [stated] if isinstance(stated, str) else stated:
        path = folder / pattern
        matching = sorted(path.parent.glob(path.name)) if path.name else []
        if not matching and not path.exists() and set(pattern) & set("*?["):
            raise ValueError(
                f"datalist: no file matches the pattern {path} (*, ? and [] work in its last part, not in folders)"
            )
        found += [one.resolve() for one in matching or [path]]
    for path in found:
        if not path.is_file():
            raise ValueError(f"datalist: {path}: no such file")
    if len(set(found)) < len(found):
        raise ValueError(f"datalist: names {found[0].name} or another one twice")
    return tuple(found)


def _check_overrides(sweep: Sweep) -> None:
    if sweep.minutes is not None and not math.isfinite(sweep.minutes):
        raise ValueError(f"budget: minutes {sweep.minutes} is no time; say how many, or leave it out")
    ranges = {} if sweep.search is None else sweep.search.ranges
    rows = [one for row in sweep.rows for one in (row, *row.parts.values())]
    for key in (*sweep.overrides, *(key for row in rows for key in row.overrides), *sweep.grid, *ranges):
        if key in OWN_OVERRIDES:
            raise ValueError(f"override '{key}': the sweep sets it itself; say {OWN_OVERRIDES[key]} instead")
    for key, span in ranges.items():
        if "choices" not in span and not -math.inf < span["low"] < span["high"] < math.inf:
            raise ValueError(f"search: {key}: low {span['low']} is not below high {span['high']}, or not finite")
        if span.get("log") and (span.get("step") or span.get("low", 1) <= 0):
            raise ValueError(f"search: {key}: log needs low above 0 and no step")


def _plain(value: Any) -> Any:
    """Return a value in which texts such as 1e-4, which YAML 1.1 takes for texts, are numbers; keys must be texts."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"key {key!r} is no text; put it in quotes")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value


def _whole(content: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return a mapping in which the values of these keys, checked to be whole, are no floats such as 2.0."""
    return {key: int(value) if key in keys else value for key, value in content.items()}
