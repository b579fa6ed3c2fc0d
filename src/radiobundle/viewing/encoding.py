"""Values in the form in which the page takes them: classic scripts that also load from `file://`."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np

ArrayType = Literal["float32", "int32", "int8", "uint8"]
_FASTEST_USEFUL = 6  # level of compression: below it radiographs are larger, above it only slower


def packed_array(values: Any, kind: ArrayType) -> dict[str, str]:
    """Return an array as the page takes it: its type, and base64 of its little-endian values, row by row.

    >>> packed_array([[1, 2]], "uint8")
    {'type': 'uint8', 'data': 'AQI='}
    """
    return {"type": kind, "data": _base64(np.asarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes())}


def deflated(values: np.ndarray) -> str:
    """Return base64 of the raw-deflated (RFC 1951) bytes of little-endian unsigned values, row by row."""
    packer = zlib.compressobj(_FASTEST_USEFUL, zlib.DEFLATED, -zlib.MAX_WBITS)
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return _base64(packer.compress(little.tobytes()) + packer.flush())


def write_script(path: Path, key: str, value: Any) -> None:
    """Write a script that hands a value to the page.

    All but ASCII is escaped, so that no text can end the script, whatever it holds.
    """
    text = f"radiobundleData({_json(key)},{_json(value)});\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii", newline="\n")


def script_path(folder: Path, row: int) -> Path:
    """Return where the script of a row stands, a thousand to a folder.

    >>> script_path(Path("pixels"), 12345).as_posix()
    'pixels/012/012345.js'
    """
    return folder / f"{row // 1000:03d}" / f"{row:06d}.js"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
