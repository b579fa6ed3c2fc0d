"""File names in a form that tables can hold, whatever bytes the file system allows."""

from __future__ import annotations

import hashlib
import re

LONGEST_NAME = 4096  # bytes: what Linux allows of a path
_SHOWN = 200  # characters of a longer one
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile(r"\\x[0-9a-f]{2}")


def table_name(name: str) -> str:
    r"""Return a name as one line of valid UTF-8 text, unique for every name.

    Control characters and bytes that are not UTF-8 become `\xNN`; the backslashes of such names are doubled. A name
    that no file can have, longer than `LONGEST_NAME`, is cut, with its length and checksum.

    >>> table_name("caf\udce9.png")
    'caf\\xe9.png'
    """
    if name.isascii() and name.isprintable() and "\\x" not in name and len(name) <= LONGEST_NAME:
        return name  # nearly all
    text = name
    if _UNWRITABLE.search(name) or _LOOKS_ESCAPED.search(name):
        text = _UNWRITABLE.sub(lambda found: _escape(ord(found[0])), name.replace("\\", "\\\\"))
    if len(raw := name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return f"{text[:_SHOWN]}... ({len(name):,} characters, {hashlib.sha256(raw).hexdigest()[:16]})"
    return text


def _escape(code: int) -> str:
    """Return the escape of a control character or lone surrogate; those of `os.fsdecode` stand for a byte."""
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"\\x{byte:02x}" if byte < 0x100 else f"\\u{code:04x}"
