"""The image format of a file: by its first bytes and, if these are inconclusive, by the end of its name.

The one place for suffixes and magic bytes. A DICOM file named `.png` is DICOM, a PNG without a suffix is PNG.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

HEAD_BYTES = 512  # enough to recognise the format of a file
READ = "PNG, JPEG, TIFF, BMP, GIF, WebP, JPEG 2000, PBM, PGM, PPM, DICOM, NIfTI, MetaImage and NRRD"


class Format(Enum):
    """Families of formats, by who decodes them."""

    DICOM = "DICOM"
    NIFTI = "NIfTI"
    ITK = "MetaImage or NRRD"
    STILL = "still image"


DICOM_SUFFIXES = (".dcm", ".dicom", ".dic", ".dc3", ".ima", ".acr")
NIFTI_SUFFIXES = (".nii", ".nii.gz")
ITK_SUFFIXES = (".mha", ".nrrd")
STILL_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".jpx", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".webp",
    ".pgm", ".ppm", ".pnm", ".pbm",
)  # fmt: skip
IMAGE_SUFFIXES = (*STILL_SUFFIXES, *DICOM_SUFFIXES, *NIFTI_SUFFIXES, *ITK_SUFFIXES)

_BY_SUFFIX = (
    (DICOM_SUFFIXES, Format.DICOM),
    (NIFTI_SUFFIXES, Format.NIFTI),
    (ITK_SUFFIXES, Format.ITK),
    (STILL_SUFFIXES, Format.STILL),
)
_STILL_MARKS = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a",
    b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0",  # TIFF, BigTIFF
    b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51",  # JPEG 2000: file, codestream
)  # fmt: skip
_PORTABLE_MAP = re.compile(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s")
_META_IMAGE = re.compile(rb"\s*(ObjectType\s*=\s*Image|NDims\s*=\s*\d|Comment\s*=)")
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_APPLE_DOUBLE = b"\0\x05\x16\x07"  # `._name` files that macOS leaves on foreign disks
_DIRECTORY_NAME = "DICOMDIR"
_DIRECTORY_CLASS = b"1.2.840.10008.1.3.10"  # Media Storage Directory: the index of a medium, no image (PS3.4, B.5)
_FIRST_GROUPS = (b"\x02\0", b"\x08\0", b"\0\x02", b"\0\x08")
_VALUE_REPRESENTATIONS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)
_LONG_REPRESENTATIONS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())


def format_of(head: bytes, name: str = "") -> Format | None:
    """Return the format of a file; None if it is not an image.

    Args:
        head: its first `HEAD_BYTES` bytes, or more.
        name: its name, which is used only if the bytes are inconclusive (an empty or damaged file).
    """
    if head.startswith(_APPLE_DOUBLE) or is_medium_index(head, name):
        return None
    return _format_by_content(head) or format_by_suffix(name)


def format_by_suffix(name: str) -> Format | None:
    """Return the format that the end of a name indicates; None if it does not indicate an image."""
    if (file := name.rpartition("/")[2]).startswith("._") or file.upper() == _DIRECTORY_NAME:
        return None
    lower = name.lower()
    return next((kind for suffixes, kind in _BY_SUFFIX if lower.endswith(suffixes)), None)


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM, by content first; False if it cannot be opened."""
    return read_format(path) is Format.DICOM


def read_format(path: str | Path) -> Format | None:
    """Return the format of a file, by its name alone if it cannot be opened."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the fastest way, on 100,000 files
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError):
        head = b""
    return format_of(head, str(path))


def _format_by_content(head: bytes) -> Format | None:
    if head[128:132] == b"DICM" or head[:4] == b"DICM" or _begins_as_data_set(head):
        return Format.DICOM
    if head.startswith(_STILL_MARKS) or _PORTABLE_MAP.match(head) or _is_bitmap(head):
        return Format.STILL
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.STILL
    if head[344:348] in (b"n+1\0", b"ni1\0") or head[4:8] in (b"n+2\0", b"ni2\0"):
        return Format.NIFTI
    if head.startswith(b"NRRD000") or _META_IMAGE.match(head):
        return Format.ITK
    return None


def is_medium_index(head: bytes, name: str) -> bool:
    """Whether a file is a DICOMDIR, which contains no image."""
    return _DIRECTORY_CLASS in head or name.rpartition("/")[2].upper() == _DIRECTORY_NAME


def _is_bitmap(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def _begins_as_data_set(head: bytes) -> bool:
    """Whether bytes begin like a DICOM data set without a preamble (PS3.5, 7.1), or its forerunner ACR-NEMA.

    The first elements must be of group 0002 or 0008, in ascending order, with lengths that lead from one to the next.
    """
    if head[:2] not in _FIRST_GROUPS:
        return False
    for order in ("little", "big"):
        offset, previous, seen = 0, -1, 0
        while seen < 3 and offset + 8 <= len(head):
            tag, offset = _next_element(head, offset, "little" if order == "little" else "big")
            if not previous < tag or tag >> 16 not in (0x0002, 0x0008):
                break
            previous, seen = tag, seen + 1
        if seen == 3 or (seen and offset >= len(head) > 8 and previous >= 0):
            return True
    return False


def _next_element(head: bytes, offset: int, order: str) -> tuple[int, int]:
    """Return the tag of the data element at `offset` (-1: none can begin so), and where the next one begins."""

    def integer(start: int, stop: int) -> int:
        return int.from_bytes(head[offset + start : offset + stop], "little" if order == "little" else "big")

    tag = integer(0, 2) << 16 | integer(2, 4)
    representation = head[offset + 4 : offset + 6]
    if representation in _LONG_REPRESENTATIONS:
        return tag, offset + 12 + integer(8, 12)
    if representation in _VALUE_REPRESENTATIONS:
        return tag, offset + 8 + integer(6, 8)
    length = integer(4, 8)
    return (tag, offset + 8 + length) if length <= 1024 and length % 2 == 0 else (-1, offset)
