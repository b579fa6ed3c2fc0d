"""Optional packages: their names, which are there, and how to install them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version


def packages_of(extra: str = "") -> list[str]:
    """Return the names of the packages in an extra of radiobundle; without an extra, the required ones.

    Raises:
        PackageNotFoundError: radiobundle is not installed but runs from a bundle.
    """
    wanted = [extra] if extra else []
    texts = [text for text in requires("radiobundle") or () if re.findall(r'extra == "(\w+)"', text) == wanted]
    return sorted(re.split(r"[^\w.-]", text)[0] for text in texts)


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed.

    >>> list(versions_of(["torch", "not-to-be-had"]))
    ['torch']
    """
    found = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def how_to_install(extra: str) -> str:
    """Return what to tell a user who lacks the packages of an extra."""
    try:
        return f"`pip install 'radiobundle[{extra}]'` ({', '.join(packages_of(extra))})"
    except PackageNotFoundError:
        return f"the packages under `extra_packages_version`, {extra}, in the bundle's configs/metadata.json"
