"""The text of a table file, unpacked and decoded without unsafe guesses."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}  # fmt: skip
# Text in a wide encoding without its mark: which of four bytes are often zero, because ASCII needs one only.
_WIDE: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le", (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le", (True, True, True, False): "utf-32-be",
}  # fmt: skip
_LOOKED_AT = 1000  # bytes
_OFTEN = 0.1


def decode_text(
    path: Path, data: bytes, encoding: str | None = None, *, fix: str = "name it with `encoding`"
) -> tuple[str, list[str]]:
    """Return the text of a file and notes; UTF-8, UTF-16 and UTF-32 are recognised, with or without a byte order mark.

    Raises:
        ValueError: it is in another encoding, or holds a zero byte.
    """
    guess = encoding or _recognised(data)
    try:
        text = data.decode(guess or "utf-8")
    except LookupError as error:
        raise ValueError(
            f"{path}: `encoding` {encoding}: unknown encoding; examples are utf-8, cp1252 and utf-16"
        ) from error
    except UnicodeError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise ValueError(
            f"{path}, line {line}: not a readable CSV table: not {guess or 'UTF-8'}; {fix} (`encoding` cp1252 for "
            "Western European Windows, latin-1), or save it as UTF-8 CSV"
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ValueError(f"{path}, line {line}: holds a zero byte, so it is damaged or not a text file")
    wide = guess and not encoding and guess != "utf-8-sig"
    return text.removeprefix("\ufeff"), [f"{path.name}: read as {guess[:6].upper()}"] if wide and guess else []


def _recognised(data: bytes) -> str | None:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    head = data[:_LOOKED_AT]
    often = tuple(head[start::4].count(0) > _OFTEN * len(head) / 4 for start in range(4))
    return marked or _WIDE.get(often)


def unpacked(path: Path, data: bytes) -> bytes:
    """Return the bytes of a file, unpacked if its name says that it is compressed.

    Raises:
        ValueError: they are damaged, or an archive of several files.
    """
    name = path.name.lower()
    openers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.decompress,
        ".bz2": bz2.decompress,
        ".xz": lzma.decompress,
        ".zip": _only_member,
    }
    try:
        return next((unpack(data) for suffix, unpack in openers.items() if name.endswith(suffix)), data)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
        raise ValueError(f"{path}: cannot be unpacked ({error}); fetch it again") from error


def _only_member(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX/") and not name.endswith("/")]
        if len(names) != 1:
            raise ValueError(f"it holds {len(names)} files; a table must be a single file")
        return archive.read(names[0])
