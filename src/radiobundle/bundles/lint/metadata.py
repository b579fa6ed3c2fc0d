"""`metadata.json`: its fields by our schema of the bundle specification, its version, and the network it describes."""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from monai.bundle import ConfigParser, verify_net_in_out

from radiobundle.bundles.lint.finding import Finding
from radiobundle.bundles.running import unwrap

METADATA = "configs/metadata.json"
_SCHEMA = Path(__file__).parents[2] / "templates" / "metadata.schema.json"


def check_metadata(bundle: Path) -> Iterator[Finding]:
    """Yield what the schema, the changelog and the network say against the metadata."""
    path = bundle / METADATA
    if not path.is_file():
        return  # said by `check_files`
    try:
        content = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        yield Finding("error", METADATA, f"line {error.lineno}", "not valid JSON", error.msg)
        return
    for problem in Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8"))).iter_errors(content):
        key = "#".join(str(part) for part in problem.absolute_path)
        yield Finding("error", METADATA, key, problem.message, "see the MONAI bundle specification")
    version = content.get("version")
    if isinstance(content.get("changelog"), dict) and version not in content["changelog"]:
        yield Finding("error", METADATA, "version", f"'{version}' is not in the changelog", "say there what changed")
    yield from _check_channels(content)
    yield from _check_codes(content)
    yield from _check_network(bundle)


def _check_channels(content: Any) -> Iterator[Finding]:
    formats = content.get("network_data_format", {}) if isinstance(content, dict) else {}
    for side in ("inputs", "outputs"):
        for name, format_ in (formats.get(side) or {}).items():
            channels, count = format_.get("channel_def"), format_.get("num_channels")
            if channels is not None and len(channels) != count:
                key = f"network_data_format#{side}#{name}"
                message = f"num_channels is {count}, but channel_def names {len(channels)}"
                yield Finding("error", METADATA, key, message, "make them agree")


def _check_codes(content: Any) -> Iterator[Finding]:
    """Where some labels have a code for DICOM output, all should."""
    codes = content.get("dicom_codes", {}).get("labels", {}) if isinstance(content, dict) else {}
    outputs = content.get("network_data_format", {}).get("outputs", {}) if codes else {}
    for output in outputs.values():
        for label in output.get("channel_def", {}).values():
            if label not in codes:
                near = difflib.get_close_matches(label, codes, n=1)
                fix = f"is '{near[0]}' meant?" if near else "give it one, of scheme 99RADIOBUNDLE where none is known"
                yield Finding("warning", METADATA, "dicom_codes#labels", f"'{label}' has no code", fix)


def _check_network(bundle: Path) -> Iterator[Finding]:
    """Run the network once on an input as described; one configuration that defines it is enough."""
    for name in ("configs/inference.json", "configs/train.json"):
        if (bundle / name).is_file() and "network_def" in ConfigParser.load_config_file(str(bundle / name)):
            reason = _mismatch(bundle / METADATA, bundle / name)
            if reason:
                message = f"does not fit network_data_format ({reason})"
                yield Finding("error", name, "network_def", message, "correct either")
            return


def _mismatch(metadata: Path, config: Path) -> str:
    logger = logging.getLogger("monai.bundle.scripts")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        verify_net_in_out("network_def", meta_file=str(metadata), config_file=str(config), device="cpu")
    except Exception as error:  # whatever the bundle's own code raises
        return f"{type(unwrap(error)).__name__}: {unwrap(error)}"
    finally:
        logger.setLevel(level)
    return ""
