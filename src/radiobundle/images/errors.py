"""Errors of image files."""

from __future__ import annotations

import re

LONGEST_REASON = 500  # characters


class UnreadableImageError(ValueError):
    """A file cannot be turned into pixels; the message names the file and the reason."""


def plain_reason(error: BaseException) -> str:
    """Return an error's message in one line, without memory addresses, of bounded length and never empty."""
    return plain_text(str(error)) or type(error).__name__


def plain_text(text: str) -> str:
    """Return a text of any origin in one line, without memory addresses and control characters, of bounded length."""
    text = re.sub(r"<[^<>]*\bobject at 0x[0-9a-fA-F]+>", "the file", text)
    text = " ".join(re.sub(r" at 0x[0-9a-fA-F]+|[\x00-\x08\x0e-\x1f\x7f-\x9f]", "", text).split())
    if len(text) <= LONGEST_REASON:
        return text
    return f"{text[: LONGEST_REASON // 3]}...{text[-2 * LONGEST_REASON // 3 :]}"  # long names come first, causes last
