"""From stored values to what a viewer shows: modality, VOI and presentation (PS3.3, C.11; PS3.4, N.2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from radiobundle.images.dicom_tables import LookupTable, read_table
from radiobundle.images.opened import to_shares

_HIGHEST = 2**16 - 1
_NARROWEST = 1e-3  # width of a window in which all is black or white
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def show_monochrome(stored: np.ndarray, dataset: Any, remarks: list[str]) -> np.ndarray:
    """Return a MONOCHROME1 or MONOCHROME2 image as uint8 (height, width), bright where a viewer shows it bright.

    Padding is black and excluded from the range. Assumptions are added to `remarks`.

    Raises:
        ValueError: values that are not finite, or another Photometric Interpretation.
    """
    shown, padding = _show(stored, dataset, remarks)
    fractions = 1 - shown.fractions if _is_inverted(dataset) else shown.fractions
    if padding is not None:
        fractions[padding] = 0
    return np.rint(255 * fractions).astype(np.uint8)


def monochrome_levels(stored: np.ndarray, dataset: Any, remarks: list[str]) -> tuple[np.ndarray, tuple[float, float]]:
    """Return such an image with its bits, uint16 (height, width), and the window that shows it as `show_monochrome`.

    Values after the modality transformation begin at 0 here. They are scaled to 16 bits if they are not whole or span
    more; so is what a VOI table or a sigmoid makes of them. Padding gets the smallest value.

    Raises:
        ValueError: see `show_monochrome`.
    """
    shown, padding = _show(stored, dataset, remarks)
    values, low, high = np.asarray(shown.values), shown.low, shown.high
    if values.dtype.kind in "iub":
        values = values.astype(np.int64)
    if _is_inverted(dataset):
        values, low, high = -values, -high, -low
    inside = values if padding is None or padding.all() else values[~padding]
    first, last = inside.min(), inside.max()
    is_whole = inside.dtype.kind in "iub" or bool((inside == np.rint(inside)).all())
    step = max(float(last - first) / _HIGHEST, 1.0) if is_whole else (float(last - first) or 1.0) / _HIGHEST
    levels = np.rint((values - first) / step)
    if padding is not None:
        levels[padding] = 0
    window = (low - float(first)) / step, (high - float(first)) / step
    return levels.clip(0, _HIGHEST).astype(np.uint16), window


class _Shown(NamedTuple):
    """An image after the VOI transformation, bright where its values are large."""

    fractions: np.ndarray
    """Of its output range, float64 0..1."""
    values: np.ndarray
    """Of which the window from `low` to `high` gives these fractions."""
    low: float
    high: float


def _show(stored: np.ndarray, dataset: Any, remarks: list[str]) -> tuple[_Shown, np.ndarray | None]:
    """Return the image, not inverted yet, and where it is only padding (None: nowhere)."""
    if dataset.PhotometricInterpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise ValueError(f"Photometric Interpretation {dataset.PhotometricInterpretation} is not supported")
    padding = _padding(stored, dataset, remarks)
    values, step = _modality(stored, dataset, remarks)
    if not np.isfinite(values).all():
        raise ValueError("holds values that are not finite")
    return _voi(values, values if padding is None else values[~padding], dataset, step, remarks), padding


def _padding(stored: np.ndarray, dataset: Any, remarks: list[str]) -> np.ndarray | None:
    """Return where the image is only padding (PS3.3, C.7.5.1.1.2); None if there is none."""
    value = _number(dataset, "PixelPaddingValue", remarks)
    if value is None:
        return None
    limit = _number(dataset, "PixelPaddingRangeLimit", remarks)
    low, high = sorted(_with_sign_of(stored, end) for end in (value, value if limit is None else limit))
    found = (stored >= low) & (stored <= high)
    return found if found.any() else None


def _with_sign_of(stored: np.ndarray, value: float) -> float:
    """Return a number of 16 bits of the header, which may have been written with the other sign than the pixels."""
    if stored.dtype.kind == "i" and value >= 2**15 and value > stored.max():
        return value - 2**16
    return value + 2**16 if stored.dtype.kind == "u" and value < 0 else value


def _modality(stored: np.ndarray, dataset: Any, remarks: list[str]) -> tuple[np.ndarray, float]:
    """Return the values after the modality LUT or rescale, and the step between two of them (0: there is none)."""
    if (table := _table(dataset, "ModalityLUTSequence", remarks)) is not None:
        return table.look_up(stored), 1.0
    step = 1.0 if stored.dtype.kind in "iu" else 0.0
    source = _functional_group(dataset, "PixelValueTransformationSequence") or dataset
    slope, intercept = (_number(source, key, remarks) for key in ("RescaleSlope", "RescaleIntercept"))
    if slope is None or intercept is None:
        if slope is not None or intercept is not None:
            remarks.append("only one of its rescale slope and intercept has a value; not used")
        return stored, step
    return stored.astype(np.float64) * slope + intercept, step * abs(slope)


def _voi(values: np.ndarray, inside: np.ndarray, dataset: Any, step: float, remarks: list[str]) -> _Shown:
    """Return the values after the VOI transformation.

    Args:
        values: after the modality transformation.
        inside: pixels that are not padding.
        dataset: data set of the image.
        step: step between two values; a LINEAR window narrower than 1 must span more than one to be used.
        remarks: assumptions are appended.
    """
    if (table := _table(dataset, "VOILUTSequence", remarks)) is not None:
        found, white = table.look_up(values), 2**table.bits - 1
        return _Shown(to_shares(found, 0, white), found, 0, white)
    source = _functional_group(dataset, "FrameVOILUTSequence") or dataset
    function = _function(source, remarks)
    for center, width in _windows(source, remarks):
        if width >= 1 or (width > 0 and (function != "LINEAR" or width > step)):
            return _window(values, center, width, function)
        remarks.append(f"its window of width {width:g} is not used")
    if not inside.size:
        return _Shown(np.zeros(values.shape), values, 0, 1)
    low, high = float(inside.min()), float(inside.max())
    return _Shown(to_shares(values, low, high), values, low, high)


def _window(values: np.ndarray, center: float, width: float, function: str) -> _Shown:
    """Apply a window (PS3.3, C.11.2.1.2.1, C.11.2.1.3.1 and .2); LINEAR is for widths of 1 and more, else exact."""
    values = values.astype(np.float64)
    if function == "SIGMOID":
        fractions = np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700))))
        return _Shown(fractions, fractions, 0, 1)
    if function == "LINEAR" and width >= 1:
        center, width = center - 0.5, width - 1
    if width == 0:
        return _Shown((values > center).astype(np.float64), values, center, center + _NARROWEST)
    fractions = np.clip((values - center) / width + 0.5, 0, 1)
    return _Shown(fractions, values, center - width / 2, center + width / 2)


def _is_inverted(dataset: Any) -> bool:
    """Whether small values are shown bright: the presentation LUT shape decides, else the photometric interpretation.

    Any word other than the two in PS3.3, C.11.6.1.2, is ignored.
    """
    shape = str(dataset.get("PresentationLUTShape") or "").strip()
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return bool(dataset.PhotometricInterpretation == "MONOCHROME1")


def _function(source: Any, remarks: list[str]) -> str:
    function = str(source.get("VOILUTFunction") or "LINEAR").strip().upper() or "LINEAR"
    if function not in _FUNCTIONS:
        remarks.append(f"its VOI LUT function {function[:16]} is not known; LINEAR is used instead")
        return "LINEAR"
    return function


def _windows(source: Any, remarks: list[str]) -> Iterator[tuple[float, float]]:
    """Yield the center and width of every window that has both."""
    centers, widths = (_numbers(source, key) for key in ("WindowCenter", "WindowWidth"))
    for center, width in zip_longest(centers, widths):
        if center is None or width is None:
            if center is not width:
                remarks.append("only one of its window center and width has a value; not used")
        elif np.isfinite([center, width]).all():
            yield center, width
        else:
            remarks.append(f"its window of center {center:g} and width {width:g} is not finite; not used")


def _table(dataset: Any, key: str, remarks: list[str]) -> LookupTable | None:
    sequence = dataset.get(key)
    if not sequence:
        return None
    try:
        return read_table(sequence[0])
    except ValueError as error:
        remarks.append(f"its {key} is not used: {error}")
        return None


def _functional_group(dataset: Any, key: str) -> Any | None:
    """Return the item of a functional group of a single frame (PS3.3, C.7.6.16), the frame's own first."""
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        if (found := dataset.get(groups)) and found[0].get(key):
            return found[0].get(key)[0]
    return None


def _number(dataset: Any, key: str, remarks: list[str]) -> float | None:
    """Return the first number of an element; None if there is none or, with a remark, if it is not finite."""
    number = (_numbers(dataset, key) or [None])[0]
    if number is None or np.isfinite(number):
        return number
    remarks.append(f"its {key} {number:g} is not finite; not used")
    return None


def _numbers(dataset: Any, key: str) -> list[float | None]:
    """Return the numbers of an element of any multiplicity; None if one is empty."""
    value = dataset.get(key)
    if value is None or value == "":
        return []
    values = value if hasattr(value, "__iter__") and not isinstance(value, (str, bytes)) else [value]
    return [None if item is None or item == "" else float(item) for item in values]
