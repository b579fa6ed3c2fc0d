"""Use a packaged bundle straight from its zip."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath


@contextmanager
def unpacked(model: str | Path) -> Iterator[Path]:
    """Yield the folder of a model: itself, or for a zip a temporary one that holds its bundle.

    Raises:
        ValueError: the zip is damaged, holds no bundle, or a path that climbs out of it.
    """
    path = Path(model)
    if path.suffix.lower() != ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory() as temporary:
        try:
            with zipfile.ZipFile(path) as file:
                _check_names(path, file.namelist())
                file.extractall(temporary)
        except (zipfile.BadZipFile, OSError) as error:
            raise ValueError(f"{path}: no readable zip ({error}); fetch it again") from error
        bundles = [config.parents[1] for config in sorted(Path(temporary).rglob("configs/metadata.json"))]
        if not bundles:
            raise ValueError(f"{path}: holds no bundle (no configs/metadata.json)")
        yield bundles[0]


def _check_names(path: Path, names: list[str]) -> None:
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in name:
            raise ValueError(f"{path}: refused, its entry '{name}' would be written outside of it")
