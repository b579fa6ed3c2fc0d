"""The `radiobundle lint` command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from radiobundle.authoring.lint.arguments import check_arguments
from radiobundle.authoring.lint.code import check_code, list_code
from radiobundle.authoring.lint.configs import check_configs
from radiobundle.authoring.lint.files import check_files
from radiobundle.authoring.lint.finding import Finding
from radiobundle.authoring.lint.metadata import check_metadata
from radiobundle.authoring.lint.network import check_network, network_config
from radiobundle.bundles.unpack import unpacked
from radiobundle.words import counted


def lint_bundle(bundle: str | Path, *, run: bool = False) -> list[Finding]:
    """Return everything that is wrong with a bundle's folder, errors first.

    Its files are read; nothing of it is imported, instantiated or evaluated, unless `run` is given.

    Args:
        bundle: its folder.
        run: also run its `network_def`, once, on a random input, which runs code of the bundle.

    Raises:
        ValueError: the folder does not exist, or is not a bundle.
    """
    folder = Path(bundle)
    if not (folder / "configs").is_dir():
        raise ValueError(f"{bundle}: not a bundle; it has no folder 'configs'")
    checks = [check_files, check_metadata, check_configs, check_arguments, check_code]
    findings = [finding for check in checks for finding in check(folder)]
    if run:
        findings += check_network(folder)
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.level)


def lint_command(bundles: Sequence[str], *, show_code: bool, as_json: bool, run: bool = False) -> int:
    """Print the findings of each bundle (folder or zip); return 1 when one is an error, else 0.

    With `run`, the network of a bundle is run too, after what that executes has been printed, and only where nothing
    else is wrong.
    """
    found: dict[str, tuple[list[Finding], dict[str, list[str]]]] = {}
    for bundle in bundles:
        with unpacked(bundle) as folder:
            findings, code = lint_bundle(folder), list_code(folder)
            if run:
                findings += _run(bundle, folder, findings)
            found[bundle] = findings, code
    if as_json:
        content = {
            bundle: {"findings": [asdict(finding) for finding in findings], "code": code}
            for bundle, (findings, code) in found.items()
        }
        print(json.dumps(content, indent=2))
    else:
        for bundle, (findings, code) in found.items():
            _print(bundle, findings, code, show_code=show_code)
    return int(any(finding.level == "error" for findings, _ in found.values() for finding in findings))


def _run(bundle: str, folder: Path, findings: list[Finding]) -> list[Finding]:
    """Say what is run, run it, and return what was found; nothing is run of a bundle with errors."""
    if any(finding.level == "error" for finding in findings):
        print(f"{bundle}: has errors, so its network was not run", file=sys.stderr)
        return []
    config = network_config(folder)
    if config is None:
        print(f"{bundle}: defines no network_def, so nothing was run", file=sys.stderr)
        return []
    code = [text for text, files in list_code(folder).items() if config.relative_to(folder).as_posix() in files]
    print(f"{bundle}: runs network_def of {config.name}, which may use: {', '.join(code)}", file=sys.stderr)
    return list(check_network(folder))


def _print(bundle: str, findings: list[Finding], code: dict[str, list[str]], *, show_code: bool) -> None:
    for finding in findings:
        print(f"{bundle}: {finding}")
    if show_code:
        for text, files in code.items():
            print(f"{bundle}: runs {text}  [{', '.join(files)}]")
    errors = sum(finding.level == "error" for finding in findings)
    print(
        f"{bundle}: {counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}; its configurations run "
        f"{len(code)} different targets and expressions" + ("" if show_code else " (--code lists them)")
    )
