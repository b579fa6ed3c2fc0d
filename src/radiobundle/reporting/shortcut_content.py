"""Shortcuts that a network may take, as blocks of a report."""

from __future__ import annotations

from typing import Any

from radiobundle.reporting.document import Block, Heading, Table, Text, number

SHORTCUTS = "shortcuts.json"
_VIEWS = {
    "whole": "the images as they are",
    "without_markers": "markers painted over",
    "without_border": "border painted over",
    "only_border": "only the border",
}


def shortcut_blocks(content: dict[str, Any]) -> list[Block]:
    """Return what a report says of shortcuts, from the content of `shortcuts.json`."""
    percent = f"{100 * content['border_fraction']:g} %"
    text = (
        f"The trained network on {content['images']:,} images of {content['split']}, changed before it sees them. "
        f"Border: a frame of {percent} of the shorter side. What remains when it sees only the border is what it takes "
        "from there; what it loses when the border is painted over it also has from there, or misses because such "
        "images are new to it."
    )
    return [
        Heading("Shortcuts"),
        Text(text),
        Table(("what the network sees", "AUROC", "difference"), [*_views(content), *_floors(content)]),
        *_per_class(content),
        *_heat(content["heat"], percent),
    ]


def _views(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    known = [name for name in _VIEWS if name in content["views"]]
    order = [*known, *(name for name in content["views"] if name not in known)]
    return [
        (
            _VIEWS.get(name, name),
            number(content["views"][name]["auroc"]),
            number(content["views"][name].get("difference")),
        )
        for name in order
    ]


def _floors(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    metadata, shuffled = content["floors"]["metadata"], content["floors"]["shuffled"]
    used = ", ".join(metadata["columns"]) or "none known"
    absent = f"; not known: {', '.join(metadata['absent'])}" if metadata["absent"] else ""
    return [
        (
            f"no image: regression on {used} ({metadata['images']:,} training images{absent})",
            number(metadata["auroc"]),
            "–",
        ),
        ("no image: labels shuffled, with the range of chance", number(shuffled), "–"),
    ]


def _per_class(content: dict[str, Any]) -> list[Block]:
    views = [name for name in _VIEWS if name in content["views"]]
    labels = list(content["views"]["whole"]["per_class"])
    if len(labels) <= 2:
        return []
    rows = [(label, *[number(content["views"][name]["per_class"][label]) for name in views]) for label in labels]
    return [
        Heading("Shortcuts by class: AUROC", 3),
        Table(("class", *[_VIEWS[name] for name in views]), rows, sortable=True),
    ]


def _heat(heat: dict[str, Any], percent: str) -> list[Block]:
    names = {"border": f"border ({percent})", "markers": "letters and markers, where some were found"}
    text = (
        f"Grad-CAM of {', '.join(heat['layers'])}, of the most probable label of {heat['images']:,} images chosen at "
        f"random ({heat['without_heat']:,} of them without any heat, left out): which fraction of the heat lies there, "
        "and which fraction of the image that is, as a map that is the same everywhere would have it. A map is no "
        "sharper than the layer it comes from."
    )
    rows = [
        (
            names[name],
            (region["images"], region["images"]),
            number(region["energy"]),
            number({"value": region["area"]}),
            number(region["excess"]),
        )
        for name, region in heat["regions"].items()
    ]
    columns = ("region", "images", "heat on it", "area of it (blind)", "heat minus area")
    return [Heading("Where the heat lies", 3), Text(text), Table(columns, rows)]
