"""All images that a user names, for callers that need every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from radiobundle.images.search import search_images


def find_films(inputs: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of every image as `search_images` does.

    Raises:
        ValueError: something named is not there, holds no image, or is a list with a row that names none.
    """
    for name, path, reason in search_images(inputs):
        if reason:
            raise ValueError(f"{reason}; mend the row or take it out")
        yield name, path
