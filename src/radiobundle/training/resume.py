"""May a run go on from a checkpoint? What may differ between the two starts, what may not, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Top-level settings that may change between two starts of one run: where things lie, how far and how fast it goes.
PLACES = {
    "bundle_root", "dataset_dir", "datalist", "output_dir", "ckpt_dir", "checkpoint", "store_dir", "pixel_statistics",
    "resume", "imports",
}  # fmt: skip
CHANGEABLE = {"max_epochs", "early_stop_patience", "device", "precision", "compile", "tf32", "num_workers"}
_NOTHING = "(not set)"


@dataclass(frozen=True)
class Change:
    """One setting that differs.

    Attributes:
        key: its id.
        before: when the checkpoint was written.
        now: in the run that wants to go on.
    """

    key: str
    before: Any
    now: Any

    def __str__(self) -> str:
        """Return it as a phrase."""
        return f"{self.key} was {_shown(self.before)}, is now {_shown(self.now)}"


def compare_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[Change], list[Change]]:
    """Return the changes that are applied, and those that forbid to go on.

    Args:
        before: merged configuration of the run that wrote the checkpoint.
        now: that of the run that wants to go on.
    """
    changes = list(_differences(_plain(before), _plain(now)))
    changes = [change for change in changes if _top(change) not in PLACES]
    applied = [change for change in changes if _top(change) in CHANGEABLE]
    return applied, [change for change in changes if _top(change) not in CHANGEABLE]


def _differences(before: Any, now: Any, key: str = "") -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            if name not in ("_purpose_", "_after_", "_comment_", "_desc_"):
                where = f"{key}#{name}" if key else str(name)
                yield from _differences(before.get(name, _NOTHING), now.get(name, _NOTHING), where)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for place, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from _differences(old, new, f"{key}#{place}")
    elif before != now:
        yield Change(key, before, now)


def _plain(config: Mapping[str, Any]) -> Any:
    """Return a configuration as JSON knows it (a tuple is a list), without what only describes the bundle."""
    content = json.loads(json.dumps(config, default=str))
    metadata = content.pop("_meta_", {})
    return {**content, "network_data_format": metadata.get("network_data_format")}


def _top(change: Change) -> str:
    return change.key.split("#", maxsplit=1)[0]


def _shown(value: Any) -> str:
    text = value if value == _NOTHING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
