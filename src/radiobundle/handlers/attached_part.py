"""A part of the configuration that is a handler, too."""

from __future__ import annotations

from typing import Any

from monai.engines import Workflow


class AttachedPart:
    """Handler that attaches another one, which has an id of its own because other parts of a configuration use it.

    MONAI's `check_properties` reads the `_target_` of every handler in a list, so `"@stages"` cannot stand there alone.

    Args:
        part: what is attached by its own `attach`.
    """

    def __init__(self, part: Any) -> None:
        self.part = part

    def attach(self, engine: Workflow) -> None:
        """Attach the part."""
        self.part.attach(engine)
