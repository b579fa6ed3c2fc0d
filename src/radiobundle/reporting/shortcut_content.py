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
    """Return the section of a report about shortcuts, from the content of `shortcuts.json`."""
    percent = f"{100 * content['border_fraction']:g} %"
    text = (
        f"The trained network on {content['images']:,} images of {content['split']}, with parts of each image painted "
        f"over. Border: a frame of {percent} of the shorter side. The AUROC with only the border visible is what the "
        "network takes from it. A loss with the border painted over means that the network uses the border, or that "
        "such images are new to it."
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
    names = {"border": f"border ({percent})", "markers": "letters and markers, if found"}
    text = (
        f"Grad-CAM at {', '.join(heat['layers'])} for the most probable label of {heat['images']:,} images chosen at "
        f"random ({heat['without_heat']:,} of them have no heat and are left out): fraction of the heat in the region, "
        "and the region's fraction of the image, which is what a uniform map would give. A map is no "
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
    columns = ("region", "images", "fraction of heat", "fraction of area (blind)", "heat minus area")
    return [Heading("Where the heat lies", 3), Text(text), Table(columns, rows)]
