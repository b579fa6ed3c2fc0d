"""`metadata.json`: its fields by our schema of the bundle specification, its version, channels, codes and checksums."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from radiobundle.authoring.lint.finding import Finding
from radiobundle.bundles.integrity import METADATA, checksum_problems
from radiobundle.files import read_json
from radiobundle.labels import channel_names
from radiobundle.schemas import schema_problems
from radiobundle.suggest import did_you_mean


def check_metadata(bundle: Path) -> Iterator[Finding]:
    """Yield what the schema, the changelog and the files say against the metadata."""
    path = bundle / METADATA
    if not path.is_file():
        return  # said by `check_files`
    try:
        content = read_json(path, fix="correct the file")
    except ValueError as error:
        reason = error.__cause__
        line = f"line {reason.lineno}" if isinstance(reason, json.JSONDecodeError) else ""
        yield Finding("error", METADATA, line, "not valid JSON", str(reason))
        return
    for key, message in schema_problems(content, "metadata"):
        yield Finding("error", METADATA, key, message, "see the MONAI bundle specification")
    if not isinstance(content, dict):
        return
    version = content.get("version")
    changelog = content.get("changelog")
    if isinstance(changelog, dict) and str(version) not in changelog:
        yield Finding("error", METADATA, "version", f"'{version}' is not in the changelog", "say there what changed")
    yield from _check_channels(content)
    yield from _check_codes(content)
    for name, problem in checksum_problems(bundle, content):
        yield Finding("error", name, "", problem, "fetch the bundle again, or package it again")


def _check_channels(content: dict[str, Any]) -> Iterator[Finding]:
    for key, format_ in tensors(content):
        channels, count = format_.get("channel_def"), format_.get("num_channels")
        if not isinstance(channels, dict):
            continue  # said by the schema
        try:
            channel_names(channels)
        except ValueError as error:
            yield Finding("error", METADATA, f"{key}#channel_def", str(error), "number them 0, 1, 2 ...")
        if len(channels) != count:
            message = f"num_channels is {count}, but channel_def names {len(channels)}"
            yield Finding("error", METADATA, key, message, "make them agree")


def _check_codes(content: dict[str, Any]) -> Iterator[Finding]:
    """Where some labels have a code for DICOM output, all should."""
    stated = content.get("dicom_codes")
    codes = stated.get("labels", {}) if isinstance(stated, dict) else {}
    for key, format_ in tensors(content) if isinstance(codes, dict) and codes else ():
        channels = format_.get("channel_def")
        for label in map(str, channels.values()) if "outputs#" in key and isinstance(channels, dict) else ():
            if label not in codes:
                fix = did_you_mean(label, codes).removeprefix("; ")
                fix = fix or "give it one, with scheme 99RADIOBUNDLE if none is known"
                yield Finding("warning", METADATA, "dicom_codes#labels", f"'{label}' has no code", fix)


def tensors(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the id and the description of each input and output."""
    formats = content.get("network_data_format")
    for side in ("inputs", "outputs"):
        tensors = formats.get(side) if isinstance(formats, dict) else None
        for name, format_ in tensors.items() if isinstance(tensors, dict) else ():
            if isinstance(format_, dict):
                yield f"network_data_format#{side}#{name}", format_
