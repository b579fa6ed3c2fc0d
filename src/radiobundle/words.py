"""Numbers with their nouns."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "image"), counted(1039, "image"), counted(0, "study", "studies")
    ('1 image', '1,039 images', '0 studies')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
