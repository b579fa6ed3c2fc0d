"""Heat maps of the images of a page: where the network looks for each label that matters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from radiobundle.explain.methods import METHODS, check_methods, explain_by
from radiobundle.explain.model_network import input_of
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.grid import over_whole_image
from radiobundle.viewing.encoding import deflated, script_path, write_script
from radiobundle.viewing.joined import Rows
from radiobundle.viewing.network import NetworkInput

LONGEST_PX = 96  # a network's last maps are far coarser


def labels_to_explain(rows: Rows, thresholds: np.ndarray | None) -> list[list[int]]:
    """Return for each row the labels that are true or predicted; if there are none, the most probable one.

    Args:
        rows: of the page; one that the first run does not have gets no label.
        thresholds: of the first run, which predicts, (labels,).
    """
    probabilities = rows.probabilities[0]
    there = ~np.isnan(probabilities).any(axis=1)
    wanted = rows.rule.predict(np.nan_to_num(probabilities), thresholds) | (rows.truth > 0)
    none = ~wanted.any(axis=1)
    wanted[none, np.nan_to_num(probabilities)[none].argmax(axis=1)] = True
    return [np.flatnonzero(labels).tolist() if known else [] for labels, known in zip(wanted, there, strict=True)]


def write_heat_maps(
    method: str,
    source: NetworkInput,
    paths: Sequence[Path | None],
    labels: Sequence[Sequence[int]],
    *,
    folder: Path,
    progress: Any,
) -> int:
    """Write a script for each image with its heat maps, each scaled to its own maximum; return how many have any.

    Evidence against a label is left out. An image without a map has a script that says so: the page asks for each.

    Args:
        method: of `explain.methods`.
        source: of the pixels, with the network.
        paths: of the files; None where unknown.
        labels: of each image, by index.
        folder: of the scripts.
        progress: `update` is called with the number of images.

    Raises:
        ValueError: the method is unknown.
    """
    explanation = explain_by(method, source.model.network)
    written: set[int] = set()
    for indices, pixels, tried in source.batches(paths):
        if pixels is None:
            progress.update(tried)
            continue
        images = input_of(source.model, pixels)
        maps: dict[int, dict[str, Any]] = {row: {} for row in indices}
        for label in sorted({label for row in indices for label in labels[row]}):
            at = [position for position, row in enumerate(indices) if label in labels[row]]
            seen = explanation(images[at], label).float().cpu().numpy().clip(min=0)
            for position, heat in zip(at, seen, strict=True):
                row = indices[position]
                packed = _packed(heat, paths[row], source)
                if packed is not None:
                    maps[row][str(label)] = packed
        for row, found in maps.items():
            if found:
                write_script(script_path(folder, row), f"heat/{row}", {"maps": found})
                written.add(row)
        progress.update(tried)
    for row in set(range(len(paths))) - written if written else ():
        write_script(script_path(folder, row), f"heat/{row}", {"maps": {}})
    return len(written)


def method_title(method: str) -> str:
    """Return the name of a method for people.

    Raises:
        ValueError: it is not known.
    """
    check_methods([method], option="heat_maps")
    return METHODS[method].title


def _packed(heat: np.ndarray, path: Path | None, source: NetworkInput) -> dict[str, Any] | None:
    """Return a map over the whole image as the page takes it; None if the image is needed for that and is gone."""
    try:
        whole = over_whole_image(heat, path or "", steps=source.model.reader.steps, longest_px=LONGEST_PX)
    except UnreadableImageError:
        return None
    height, width = whole.shape
    scale = min(1.0, LONGEST_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    whole = cv2.resize(np.asarray(whole, np.float32), size, interpolation=cv2.INTER_AREA)
    levels = np.rint(255 * whole / (float(whole.max()) or 1.0)).astype(np.uint8)
    return {"width": size[0], "height": size[1], "data": deflated(levels)}
