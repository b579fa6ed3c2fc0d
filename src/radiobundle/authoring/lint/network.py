"""Does the network do what the metadata says? The only check that runs a bundle's code, and only on request."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from monai.bundle import verify_net_in_out

from radiobundle.authoring.lint.finding import Finding
from radiobundle.bundles.integrity import METADATA
from radiobundle.bundles.own_code import import_from
from radiobundle.bundles.recipes import load_config
from radiobundle.bundles.running import unwrap


def network_config(bundle: Path) -> Path | None:
    """Return the configuration whose `network_def` would be run; None: no configuration defines one."""
    for name in ("configs/inference.json", "configs/train.json"):
        try:
            if (bundle / name).is_file() and "network_def" in load_config(bundle / name):
                return bundle / name
        except ValueError:
            continue  # said by `check_configs`
    return None


def check_network(bundle: Path) -> Iterator[Finding]:
    """Run the network once on a random input as the metadata describes it. **Runs code of the bundle.**"""
    config = network_config(bundle)
    reason = None if config is None else _mismatch(bundle / METADATA, config)
    if config is not None and reason:
        message = f"does not fit network_data_format ({reason})"
        yield Finding("error", config.relative_to(bundle).as_posix(), "network_def", message, "correct one of them")


def _mismatch(metadata: Path, config: Path) -> str:
    import_from(metadata.parents[1])
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
