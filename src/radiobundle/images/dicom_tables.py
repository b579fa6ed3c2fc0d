"""Lookup tables of DICOM: modality, VOI and palette (PS3.3, C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class LookupTable(NamedTuple):
    """A table from whole numbers to whole numbers."""

    first: int
    """The number that the first entry is for; smaller numbers get it too."""
    entries: np.ndarray
    """(N,) int64."""

    def look_up(self, values: np.ndarray) -> np.ndarray:
        """Return the entry of each value, of the nearest whole number; beyond the table its first or last one."""
        whole = np.rint(values).astype(np.int64)
        return self.entries[np.clip(whole - to_signed(self.first, int(whole.max())), 0, len(self.entries) - 1)]

    @property
    def bits(self) -> int:
        """See `bits_of`."""
        return bits_of(self.entries)


def read_table(item: Any) -> LookupTable:
    """Read the item of a Modality LUT or VOI LUT Sequence.

    Raises:
        ValueError: it is incomplete.
    """
    descriptor = item.get("LUTDescriptor")
    if descriptor is None or len(descriptor) != 3 or not item.get("LUTData"):
        raise ValueError("a lookup table has no descriptor or data")
    length, first, _ = (int(number) for number in descriptor)
    return LookupTable(first, read_entries(item, "LUTData", length % 2**16 or 2**16).astype(np.int64))


def read_entries(dataset: Any, key: str, count: int) -> np.ndarray:
    """Return the entries of a table, (count,) uint8 or uint16, however they are packed.

    Raises:
        ValueError: there are fewer entries.
    """
    raw = _little_endian(dataset, key)
    if len(raw) >= 2 * count:
        return np.frombuffer(raw, "<u2", count)
    if len(raw) >= count:  # two entries of 8 bits to a word
        return np.frombuffer(raw, np.uint8, count)
    raise ValueError(f"{key} has {len(raw)} bytes, too few for {count} entries")


def bits_of(entries: np.ndarray) -> int:
    """Return the bits of the entries of a table: those that the largest needs, and at least 8 (PS3.3, C.11.2.1.1).

    The descriptor often gives the word size, 16, for 12-bit entries, or 8 for some 16-bit ones.
    """
    return max(8, int(entries.max()).bit_length())


def _little_endian(dataset: Any, key: str) -> bytes:
    """Return the bytes of a table in words of little endian: OW has the order of the file, also in an item."""
    data = dataset[key].value
    if not isinstance(data, bytes):
        return np.atleast_1d(np.asarray(data)).astype("<u2").tobytes()
    in_big_endian = dataset.original_encoding[1] is False and dataset[key].VR == "OW"
    return np.frombuffer(data, ">u2", len(data) // 2).astype("<u2").tobytes() if in_big_endian else data


def to_signed(first: int, largest_value: int) -> int:
    """Return the first number of a table; one beyond all values was negative, and read as unsigned."""
    return first - 2**16 if first >= 2**15 and largest_value < first else first
