"""Which configuration files a recipe needs before it, in the order in which MONAI needs them.

A configuration states what it comes after in `_after_`, a list of names of other configurations or recipes ("a|b" for
one of several). A recipe without it comes after `train`; a file in `configs` itself without it stands
alone, unless the Model Zoo's habits say otherwise (`evaluate` overlays `train`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radiobundle.extras import how_to_install
from radiobundle.files import read_json
from radiobundle.suggest import did_you_mean

SUFFIXES = (".json", ".yaml", ".yml")
HABITS = {
    "evaluate": ["train"],
    "multi_gpu_train": ["train"],
    "multi_gpu_evaluate": ["train", "evaluate"],
    "inference_trt": ["inference"],
}


def config_chain(bundle: str | Path, *names: str) -> list[Path]:
    """Return every file needed to run the named configurations or recipes, bases first.

    The first of several alternatives is used, unless another is among `names` before or already in the chain.

    Raises:
        ValueError: there is no such configuration; the message suggests the nearest name.
    """
    chain: dict[str, Path] = {}
    for name in names:
        _extend(Path(bundle), name, chain)
    return list(chain.values())


def load_config(path: Path) -> dict[str, Any]:
    """Return the content of one configuration file, JSON or YAML; nothing of it is evaluated.

    Raises:
        ValueError: it is neither, or not a mapping; the message names the file.
    """
    content = read_json(path, fix="correct the file") if path.suffix == ".json" else _read_yaml(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: is not a mapping of ids; correct the file")
    return content


def _read_yaml(path: Path) -> Any:
    try:
        from radiobundle.bundles.strict_yaml import read_yaml  # noqa: PLC0415 - only the extra has PyYAML
    except ImportError as error:
        raise ValueError(f"{path}: YAML needs {how_to_install('sweep')}") from error
    return read_yaml(path)


def _extend(bundle: Path, name: str, chain: dict[str, Path]) -> None:
    if name in chain:
        return
    path = _find(bundle, name)
    for base in _after(path):
        alternatives = base.split("|")
        if not any(alternative in chain for alternative in alternatives):
            _extend(bundle, alternatives[0], chain)
    chain[name] = path


def _find(bundle: Path, name: str) -> Path:
    for folder in (bundle / "configs", bundle / "configs" / "recipes"):
        for suffix in SUFFIXES:
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    known = sorted(path.stem for path in (bundle / "configs").rglob("*") if path.suffix in SUFFIXES)
    hint = did_you_mean(name, known) or f"; known are {', '.join(known)}"
    raise ValueError(f"{bundle}/configs has no configuration or recipe '{name}'{hint}")


def _after(path: Path) -> list[str]:
    content = load_config(path)
    habit = ["train"] if path.parent.name == "recipes" else HABITS.get(path.stem, [])
    return list(content.get("_after_", habit))
