"""What the commands' declarations share."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def names(text: str) -> list[str]:
    """Return the names in a text divided by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
