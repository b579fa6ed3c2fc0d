"""What a threshold means for patients: out of 1,000, how many are missed and how many are false alarms."""

from __future__ import annotations

from typing import Any

from radiobundle.evaluation.estimates import Estimate

Range = dict[str, float | None]


def per_thousand(
    sensitivity: Estimate, specificity: Estimate, *, prevalence: float, patients: int = 1000
) -> dict[str, Any]:
    """Return expected numbers among `patients` people of whom a fraction `prevalence` is ill.

    Args:
        sensitivity: with its interval.
        specificity: likewise.
        prevalence: in [0, 1]; that of the population where the model would be used, not of the test set.

    Returns:
        ill, healthy (numbers); found, missed, false_alarms, correctly_cleared (value, low, high);
        ppv, the fraction of alarms that are correct (value; its interval would need prevalence to be certain).

    Raises:
        ValueError: prevalence outside [0, 1].

    >>> found = per_thousand(Estimate(0.9), Estimate(0.8), prevalence=0.05)
    >>> round(found["missed"]["value"]), round(found["false_alarms"]["value"]), round(found["ppv"], 2)
    (5, 190, 0.19)
    """
    if not 0 <= prevalence <= 1:
        raise ValueError(f"prevalence is {prevalence}; it must lie in [0, 1], for example 0.05 for 5 in 100")
    ill, healthy = patients * prevalence, patients * (1 - prevalence)
    found, cleared = _scale(sensitivity, ill), _scale(specificity, healthy)
    right, quiet = found["value"], cleared["value"]
    ppv = None
    if right is not None and quiet is not None and right + healthy - quiet > 0:
        ppv = right / (right + healthy - quiet)
    return {
        "patients": patients,
        "prevalence": prevalence,
        "ill": ill,
        "healthy": healthy,
        "found": found,
        "missed": _remainder(found, ill),
        "false_alarms": _remainder(cleared, healthy),
        "correctly_cleared": cleared,
        "ppv": ppv,
    }


def sentence(label: str, numbers: dict[str, Any]) -> str:
    """Describe the numbers in one sentence."""
    if numbers["missed"]["value"] is None or numbers["false_alarms"]["value"] is None:
        return f"{label}: cannot be computed, because there are no ill, or no healthy, patients in the test images."
    ppv = numbers["ppv"]
    right = "" if ppv is None else f" Of 100 alarms, about {100 * ppv:.0f} would be correct."
    return (
        f"Of {numbers['patients']:,} patients of whom {numbers['ill']:.0f} are {label!r}, the model would "
        f"miss {_text(numbers['missed'])} and raise {_text(numbers['false_alarms'])} false alarms among the "
        f"{numbers['healthy']:.0f} others.{right}"
    )


def _scale(rate: Estimate, people: float) -> Range:
    parts = {"value": rate.value, "low": rate.low, "high": rate.high}
    return {name: None if part is None else part * people for name, part in parts.items()}


def _remainder(part: Range, whole: float) -> Range:
    def rest(name: str) -> float | None:
        value = part[name]
        return None if value is None else whole - value

    return {"value": rest("value"), "low": rest("high"), "high": rest("low")}


def _text(numbers: Range) -> str:
    if numbers["low"] is None or numbers["high"] is None:
        return f"{numbers['value']:.0f}"
    return f"{numbers['value']:.0f} ({numbers['low']:.0f} to {numbers['high']:.0f})"
