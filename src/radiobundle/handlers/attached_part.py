"""A part of the configuration that is a handler, too."""

from __future__ import annotations

from typing import Protocol

from monai.engines import Workflow


class Attachable(Protocol):
    """What can be registered with an engine."""

    def attach(self, engine: Workflow) -> None:
        """Register."""


class AttachedPart:
    """Handler that attaches another one, which has an id of its own because other parts of a configuration use it.

    MONAI's `check_properties` reads the `_target_` of every handler in a list, so `"@stages"` cannot stand there alone.
    """

    def __init__(self, part: Attachable) -> None:
        self.part = part

    def attach(self, engine: Workflow) -> None:
        """Attach the part."""
        self.part.attach(engine)
