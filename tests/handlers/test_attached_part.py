"""A part of the configuration that is a handler, too."""

from __future__ import annotations

from typing import Any

from radiobundle.handlers import AttachedPart


class Part:
    engine: Any = None

    def attach(self, engine: Any) -> None:
        self.engine = engine


def test_the_part_is_attached_to_the_engine() -> None:
    part, engine = Part(), object()
    AttachedPart(part).attach(engine)  # type: ignore[arg-type]
    assert part.engine is engine
