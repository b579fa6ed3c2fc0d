"""The files of a bundle: which must exist, which must not, and what they must not contain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from radiobundle.authoring.lint.finding import Finding

REQUIRED = {
    "configs/metadata.json": "every bundle describes itself there",
    "LICENSE": "add the licence of the code and weights",
    "docs/README.md": "add a model card",
    "docs/data_license.txt": "say under what terms the training data may be used",
}
LARGE_BYTES = 25 * 1024**2
LARGE_FILES = "large_files.yml"
IGNORED = {"__pycache__", ".git", "store", "output", "data"}
_TEXT_SUFFIXES = {".json", ".yaml", ".yml", ".md", ".txt", ".conf", ".py"}
_HOME = re.compile(r"(/(?:home|Users)/[\w.-]+|/(?:root|mnt)/|\b[A-Z]:\\+Users)")


def check_files(bundle: Path) -> Iterator[Finding]:
    """Yield missing files, large files that `large_files.yml` lacks, and machine-specific paths."""
    for name, fix in REQUIRED.items():
        if not (bundle / name).is_file():
            yield Finding("error", name, "", "missing", fix)
    if not any((bundle / "configs").glob("*.json")) and not any((bundle / "configs").glob("*.y*ml")):
        yield Finding("error", "configs", "", "holds no configuration", "add train.json or inference.json")
    listed = (bundle / LARGE_FILES).read_text("utf-8") if (bundle / LARGE_FILES).is_file() else ""
    for path in _files(bundle):
        name = path.relative_to(bundle).as_posix()
        if path.stat().st_size > LARGE_BYTES and name not in listed:
            size = path.stat().st_size / 1024**2
            yield Finding("error", name, "", f"{size:.0f} MB", f"move it elsewhere and list it in {LARGE_FILES}")
        if path.suffix in _TEXT_SUFFIXES and path.stat().st_size < LARGE_BYTES:
            yield from _home_paths(path, name)


def _files(bundle: Path) -> list[Path]:
    return [
        path
        for path in sorted(bundle.rglob("*"))
        if path.is_file() and not IGNORED & set(path.relative_to(bundle).parts[:-1])
    ]


def _home_paths(path: Path, name: str) -> Iterator[Finding]:
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
        if found := _HOME.search(line):
            message = f"a path on one machine, {found[1]}"
            yield Finding("error", name, f"line {number}", message, "make it relative to @bundle_root")
