"""What a run says about the weights it started from; it stays beside the weights, and goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.files import file_sha256, read_json
from radiobundle.pretrained.entry import TrainedOn, WeightsEntry
from radiobundle.pretrained.leak import leaks, unknown_sources

PASSPORT = "pretrained.json"  # beside a run's weights


def describe_start(entry: WeightsEntry | None, source: str | Path) -> dict[str, Any]:
    """Return the passport of the weights that a run starts from, JSON-ready.

    Args:
        entry: of the registry; None: `--pretrained` named a file or an address.
        source: that file or address; for an entry the file with its weights. The passport of another run beside its
            `model.pt` is part of the new one, and so is what that run had seen.
    """
    is_file = Path(source).is_file()
    sha256 = file_sha256(source) if is_file else ""
    if entry is not None:
        kept = ("name", "title", "source", "licence", "expects", "trained_on", "paper", "score", "citation", "notes")
        told = asdict(entry)
        found = {**{key: told[key] for key in kept if told[key]}, "sha256": sha256}
        return {**found, "source": _without_folders(found["source"])}
    earlier = read_passport(Path(source).with_name(PASSPORT)) if is_file else None
    told_source = _without_folders({"file" if is_file else "address": str(source)})
    passport: dict[str, Any] = {"source": told_source, "sha256": sha256}
    return {**passport, **({"earlier": earlier, "trained_on": earlier.get("trained_on", [])} if earlier else {})}


def join_passports(passports: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the passport of a network made of several that started from pretrained weights; None: from none.

    >>> one = {"name": "a", "trained_on": [{"data_set": "imagenet", "splits": ["training"]}]}
    >>> join_passports([one, one]) == one, join_passports([])
    (True, None)
    >>> sorted(join_passports([one, {"name": "b", "trained_on": []}]))
    ['parts', 'trained_on']
    """
    distinct = [dict(each) for index, each in enumerate(passports) if each not in passports[:index]]
    if len(distinct) < 2:
        return distinct[0] if distinct else None
    lists = {key: [item for each in distinct for item in each.get(key, [])] for key in ("trained_on", "leak_accepted")}
    joined = {
        key: [item for index, item in enumerate(found) if item not in found[:index]] for key, found in lists.items()
    }
    return {"parts": distinct, **{key: found for key, found in joined.items() if found or key == "trained_on"}}


def read_passport(path: str | Path) -> dict[str, Any] | None:
    """Return the passport beside weights; None: there is none.

    Raises:
        ValueError: the file is damaged.
    """
    if not Path(path).is_file():
        return None
    content = read_json(path, fix="train again")
    if not isinstance(content, dict):
        raise ValueError(f"{path}: is not the passport of weights; train again")
    return content


def passport_leaks(passport: Mapping[str, Any] | None, datalist: Datalist) -> list[str]:
    """Return why the weights that a run started from may have seen images of a datalist's test split, see `leaks`."""
    return leaks(_seen(passport), datalist)


def passport_unknown(passport: Mapping[str, Any] | None, datalist: Datalist) -> list[str]:
    """Return the sources of a datalist that do not tell whether the weights have seen their images."""
    return unknown_sources(datalist) if _seen(passport) else []


def forbids_commercial_use(passport: Mapping[str, Any] | None) -> bool:
    """Whether the licence of the weights, or of those that they came from, forbids commercial use."""
    if not passport:
        return False
    own = (passport.get("licence") or {}).get("commercial_use") is False
    return own or any(map(forbids_commercial_use, (passport.get("earlier"), *passport.get("parts", []))))


def in_one_line(passport: Mapping[str, Any]) -> str:
    """Return name or file, source, licence and hash in one line.

    >>> in_one_line({"source": {"file": "model.pt"}, "sha256": "0123456789abcdef"})
    'model.pt (licence not stated, SHA-256 0123456789ab...)'
    """
    source = passport.get("source", {})
    where = source.get("address") or source.get("package") or source.get("file", "unknown")
    licence = passport.get("licence") or {}
    name = passport.get("name")
    said = [f"from {where}"] if name else []
    said.append(f"licence {licence.get('name', 'not stated')}")
    said += [f"SHA-256 {passport['sha256'][:12]}..."] if passport.get("sha256") else []
    return f"{name or where} ({', '.join(said)})"


def _without_folders(source: Mapping[str, str]) -> dict[str, str]:
    """Return a source without the folders of this machine, which mean nothing elsewhere."""
    is_local = source.keys() == {"file"}
    return {key: Path(value).name if is_local else value for key, value in source.items()}


def _seen(passport: Mapping[str, Any] | None) -> Sequence[TrainedOn]:
    stated = (passport or {}).get("trained_on", [])
    return [TrainedOn(each["data_set"], tuple(each["splits"]), each.get("note", "")) for each in stated]
