"""Score heat maps against the boxes that came with the datalist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from radiobundle.explain.box_scores import centre_map, fit_cut, iou_at, score_map
from radiobundle.explain.heat_figure import HeatPanel, plot_heat
from radiobundle.explain.localisation_scores import score_localisation
from radiobundle.explain.methods import DEFAULT, METHODS, check_methods, explain_by
from radiobundle.explain.pointing_game import covered_fraction, hottest_spot, is_inside
from radiobundle.files import write_csv, write_json, write_text
from radiobundle.handlers.parts import Evaluated
from radiobundle.images.grid import keeps_size
from radiobundle.images.reader import RadiographReader
from radiobundle.reporting.document import Document
from radiobundle.reporting.localisation_content import LOCALISATION, localisation_blocks

SHOWN = 24
SCHEMA = "radiobundle-localisation/1"


class PointingGame:
    """Part of a report: score the heat map of every image with boxes by the pointing game, by IoU and by energy.

    Writes `localisation.csv` (a row per image and finding), `localisation.json`, `localisation.md` and
    `localisation.png` (the first images). Boxes are fractions of the whole image's sides, so the network must see the
    whole image.

    Args:
        network: the evaluated network.
        data: the evaluated items, in the order of the data set; `boxes` of an item is a list of
            {label, x, y, width, height}.
        labels: labels of the network.
        reader: reader of the images; it must not crop.
        layer: layer of the network, for methods that use one; None: chosen automatically.
        method: method of the heat maps, one of `explain.methods.METHODS`; evidence against a finding counts as no heat.

    Raises:
        ValueError: no item has a box, the reader crops, or the method is unknown.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        data: Sequence[dict[str, Any]],
        labels: Sequence[str],
        reader: RadiographReader,
        layer: str | None = None,
        method: str = DEFAULT,
    ) -> None:
        check_methods([method], layer=layer)
        if not any(item.get("boxes") for item in data):
            raise ValueError("no image in this evaluation has boxes; use a datalist whose source has them")
        refuse_crops(reader, "localise")
        self.network, self.data, self.labels = network, data, list(labels)
        self.layer, self.method = layer, method

    def write(self, evaluated: Evaluated) -> None:
        """Score all images with boxes."""
        heat_maps = explain_by(self.method, self.network, layer=self.layer)
        pairs: list[dict[str, Any]] = []
        ious: list[tuple[np.ndarray, np.ndarray]] = []
        panels: list[HeatPanel] = []
        for row, index in enumerate(evaluated.indices):
            item = self.data[index]
            for finding in dict.fromkeys(box["label"] for box in item.get("boxes") or ()):
                label = self.labels.index(finding)
                heat = heat_maps(evaluated.inputs([row]), label)[0].clamp_min(0).float().cpu().numpy()
                boxes = [box for box in item["boxes"] if box["label"] == finding]
                pair, both = _score(heat, boxes)
                probability = float(evaluated.predictions.probabilities[row, label])
                pairs.append({**_names(item), "finding": finding, "probability": probability, **pair})
                ious.append(both)
                if len(panels) < SHOWN:
                    title = f"{finding} {'✓' if pair['hit'] else '✗'}"
                    panels.append(HeatPanel(item["image"], title, heat, (pair["x"], pair["y"]), boxes))
        table, cut = _cut(pd.DataFrame(pairs), ious, seed=evaluated.seed)
        scores = score_localisation(table, labels=self.labels, resamples=evaluated.resamples, seed=evaluated.seed)
        content = {
            "schema": SCHEMA,
            "method": METHODS[self.method].title,
            "layers": list(heat_maps.layers),
            "without_heat": int(table["x"].isna().sum()),
            "cut": cut,
            "scores": scores,
        }
        folder = evaluated.folder
        write_csv(folder / "localisation.csv", table.sort_values(["image", "finding"]))
        plot_heat(panels, folder / "localisation.png")
        write_json(folder / LOCALISATION, content)
        document = Document("Does the network look at the right place?", localisation_blocks(content, folder))
        write_text(folder / "localisation.md", document.to_markdown())


def refuse_crops(reader: RadiographReader, recipe: str) -> None:
    """Raise ValueError if the network sees cropped images, whose positions do not match the originals.

    Args:
        reader: reader of the images.
        recipe: name of the recipe that needs whole images, for the message.
    """
    if not keeps_size(reader.steps):
        raise ValueError(
            f"these recipes crop the images, so positions no longer match the originals; `{recipe}` needs recipes "
            "that do not crop (`mask_border` paints over the border instead)"
        )


def _score(heat: np.ndarray, boxes: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], tuple[np.ndarray, np.ndarray]]:
    """Return the columns of one pair, and its IoU at every cut, for the map and for the centre."""
    x, y = hottest_spot(heat)
    ious, energy = score_map(heat, boxes)
    centre_ious, centre_energy = score_map(centre_map(), boxes)
    pair = {
        "x": x,
        "y": y,
        "hit": is_inside(x, y, boxes),
        "centre_hit": is_inside(0.5, 0.5, boxes),
        "box_fraction": covered_fraction(boxes),
        "energy": energy,
        "energy_centre": centre_energy,
    }
    return pair, (ious, centre_ious)


def _names(item: dict[str, Any]) -> dict[str, Any]:
    patient = item.get("patient_id")
    known = patient is not None and not pd.isna(patient)
    return {"image": item["name"], "split": item["split"], "patient_id": str(patient if known else item["name"])}


def _cut(
    table: pd.DataFrame, ious: Sequence[tuple[np.ndarray, np.ndarray]], *, seed: int
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table with `cut`, `iou` and `iou_centre`, and how the cuts were found."""
    who: dict[str, Any] = {
        "splits": table["split"].to_numpy(str),
        "patient_ids": table["patient_id"].to_numpy(str),
        "seed": seed,
    }
    maps, centres = (np.stack([pair[which] for pair in ious]) for which in (0, 1))
    own, centre = fit_cut(maps, **who), fit_cut(centres, **who)
    table = table.assign(cut=own.cuts, iou=iou_at(maps, own), iou_centre=iou_at(centres, centre))
    return table, {"map": own.how, "centre": centre.how}
