"""What is wrong with an image file."""

from __future__ import annotations


class UnreadableImageError(ValueError):
    """A file cannot be turned into pixels; the message names the file and the reason."""
