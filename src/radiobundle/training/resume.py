"""May a run continue from a checkpoint? Which settings may differ between the two starts, and how that is reported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from radiobundle.bundles.config_ids import drop_idle_blocks

# Top-level settings that may change between two starts of one run: where things lie, how far and how fast it goes.
PLACES = {
    "bundle_root", "dataset_dir", "datalist", "output_dir", "ckpt_dir", "checkpoint", "store_dir", "pixel_statistics",
    "resume", "imports",
}  # fmt: skip
# `pretrained` and `first_conv` then have no effect: a resumed run keeps its own weights.
CHANGEABLE = {
    "max_epochs", "early_stop_patience", "stop_when_flat", "device", "precision", "fold_batch_norm", "compile", "tf32",
    "num_workers", "prefetch", "pretrained", "first_conv", "accept_leak",
}  # fmt: skip
HANDLERS = {"train#handlers", "validate#handlers"}  # may come and go; one that stays must stay the same
_ADDED = ("measure_pixels", "image_scales")  # settings that earlier versions did not have
_REMARKS = ("_purpose_", "_after_", "_comment_", "_desc_")
_NOTHING = "(not set)"


@dataclass(frozen=True)
class Change:
    """One setting that differs.

    Attributes:
        key: its id.
        before: when the checkpoint was written.
        now: in the run that is to be resumed.
    """

    key: str
    before: Any
    now: Any

    @property
    def is_of_the_layout(self) -> bool:
        """Whether it only tells that the checkpoint's configuration was laid out by an earlier version."""
        return self.key.rpartition("#")[2] in _ADDED and self.before is _NOTHING

    def __str__(self) -> str:
        """Return it as a phrase."""
        return f"{self.key} was {_shown(self.before)}, is now {_shown(self.now)}"


def compare_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[Change], list[Change]]:
    """Return the changes that are applied, and those that forbid resuming.

    Args:
        before: merged configuration of the run that wrote the checkpoint.
        now: that of the run that is to be resumed.
    """
    changes = list(differences(plain_settings(before), plain_settings(now)))
    changes = [change for change in changes if _top(change) not in PLACES]
    applied = [change for change in changes if _may_be_applied(change)]
    return applied, [change for change in changes if change not in applied]


def differences(before: Any, now: Any, key: str = "") -> Iterator[Change]:
    """Yield the settings that differ between two configurations, or parts of them; `key` is the part's own id."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            if name not in _REMARKS:
                where = f"{key}#{name}" if key else str(name)
                yield from differences(before.get(name, _NOTHING), now.get(name, _NOTHING), where)
    elif key in HANDLERS and isinstance(before, list) and isinstance(now, list):
        yield from _handler_differences(before, now, key)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for index, (old, new) in enumerate(zip(before, now, strict=True)):
            yield from differences(old, new, f"{key}#{index}")
    elif before != now:
        yield Change(key, before, now)


def _handler_differences(before: list[Any], now: list[Any], key: str) -> Iterator[Change]:
    """Yield handlers that were added or removed, and changes in those that are in both lists."""
    waiting = list(now)
    for old in before:
        same = next((new for new in waiting if _kind(new) == _kind(old)), None)
        if same is None:
            yield Change(key, _kind(old), _NOTHING)
        else:
            waiting.remove(same)
            yield from differences(old, same, f"{key}#{_kind(old)}")
    yield from (Change(key, _NOTHING, _kind(new)) for new in waiting)


def _kind(handler: Any) -> Any:
    return handler.get("_target_") if isinstance(handler, Mapping) else handler


def plain_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the used part of a configuration in JSON types (a tuple is a list), without the bundle's description."""
    content = json.loads(json.dumps(config, default=str))
    metadata = content.pop("_meta_", {})
    trained = json.dumps(content.pop("trained_parameters", None))  # which earlier versions stated in the optimiser
    content = json.loads(json.dumps(content).replace('"@trained_parameters"', trained))
    return {**drop_idle_blocks(content), "network_data_format": metadata.get("network_data_format")}


def without_remarks(value: Any) -> Any:
    """Return a part of a configuration without what is only said to its reader."""
    if isinstance(value, Mapping):
        return {name: without_remarks(item) for name, item in value.items() if name not in _REMARKS}
    return [without_remarks(item) for item in value] if isinstance(value, (list, tuple)) else value


def _may_be_applied(change: Change) -> bool:
    """Whether it changes nothing of what is trained; a component may have got an argument for such a setting."""
    is_new_argument = change.before == _NOTHING and change.now in {f"@{name}" for name in CHANGEABLE}
    return _top(change) in CHANGEABLE or change.key in HANDLERS or is_new_argument


def _top(change: Change) -> str:
    return change.key.split("#", maxsplit=1)[0]


def _shown(value: Any) -> str:
    text = value if value == _NOTHING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
