"""Read ages, as written in tables and DICOM headers, in years."""

from __future__ import annotations

import re

import numpy as np

from radiobundle.sources.identifiers import tidy_id

OLDEST_YEARS = 120
_AGE = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)[\s-]*(?P<unit>[a-z]*)\.?(?:[\s-]*old)?")
# DICOM's age strings (PS3.5, VR AS: nnnD, nnnW, nnnM, nnnY) and the words for their units.
_UNITS_PER_YEAR = {
    **dict.fromkeys(("", "y", "yr", "yrs", "yo", "year", "years"), 1.0),
    **dict.fromkeys(("m", "mo", "mon", "month", "months"), 12.0),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 365.25 / 7),
    **dict.fromkeys(("d", "day", "days"), 365.25),
}


def age_years(text: object) -> float:
    """Return an age in years (NaN: unknown), rounded to four digits.

    >>> age_years("058Y"), age_years("018M"), age_years("58 years"), age_years("NA")
    (58.0, 1.5, 58.0, nan)

    Raises:
        ValueError: it is not an age.
    """
    tidy = tidy_id(text)
    if tidy is None:
        return np.nan
    found = _AGE.fullmatch(tidy.casefold())
    if found is None or found["unit"] not in _UNITS_PER_YEAR:
        raise ValueError(f"'{text}' is not an age in years; write 58, 058Y, 013M, 002W, 001D or '58 years'")
    return round(float(found["number"].replace(",", ".")) / _UNITS_PER_YEAR[found["unit"]], 4)


def impossible_age_notes(images: list[str], years: np.ndarray) -> list[str]:
    """Return a note on ages above `OLDEST_YEARS`, which are kept."""
    impossible = int((years > OLDEST_YEARS).sum())
    if not impossible:
        return []
    oldest = int(np.nanargmax(years))
    largest = f"{years[oldest]:g}, in {images[oldest]}"
    return [f"{impossible} ages above {OLDEST_YEARS} years are kept (the highest: {largest})"]
