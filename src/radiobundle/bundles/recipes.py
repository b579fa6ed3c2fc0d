"""Which configuration files a recipe needs before it, in the order in which MONAI must be given them.

A configuration states what it comes after in `_after_`, a list of names of other configurations or recipes ("a|b" for
one of several). A recipe that states nothing comes after `train`; a file of `configs` itself that states nothing stands
alone, unless the Model Zoo's habits say otherwise (`evaluate` overlays `train`).
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

HABITS = {
    "evaluate": ["train"],
    "multi_gpu_train": ["train"],
    "multi_gpu_evaluate": ["train", "evaluate"],
    "inference_trt": ["inference"],
}


def config_chain(bundle: str | Path, *names: str) -> list[Path]:
    """Return every file that running the named configurations or recipes takes, bases first.

    Of alternatives the first is taken, unless another is among `names` before or already in the chain.

    Raises:
        ValueError: there is no such configuration; the message suggests the nearest name.
    """
    chain: dict[str, Path] = {}
    for name in names:
        _extend(Path(bundle), name, chain)
    return list(chain.values())


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
    for path in (bundle / "configs" / f"{name}.json", bundle / "configs" / "recipes" / f"{name}.json"):
        if path.is_file():
            return path
    known = [path.stem for path in (bundle / "configs").rglob("*.json")]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(sorted(known))}"
    raise ValueError(f"{bundle}/configs has no configuration or recipe '{name}'{hint}")


def _after(path: Path) -> list[str]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    habit = ["train"] if path.parent.name == "recipes" else HABITS.get(path.stem, [])
    return list(content.get("_after_", habit))
