"""Captions above and below a small image."""

from __future__ import annotations

_NAME_LENGTH = 30


def short_name(name: str) -> str:
    """Return the end of a long file name.

    >>> short_name("a/very/long/path/to/a/radiograph/00000001_000.png")
    '…/a/radiograph/00000001_000.png'
    """
    return name if len(name) <= _NAME_LENGTH else f"…{name[-_NAME_LENGTH:]}"


def shown_probability(probability: float) -> str:
    """Return a probability with two digits, or more where these would be 0.00 or 1.00.

    >>> shown_probability(0.123), shown_probability(0.000123), shown_probability(0.9987)
    ('0.12', '1.2e-04', '0.9987')
    """
    if probability < 0.005:
        return f"{probability:.1e}"
    return f"{probability:.2f}" if probability < 0.995 else f"{probability:.4f}"
