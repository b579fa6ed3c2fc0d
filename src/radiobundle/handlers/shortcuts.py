"""What a trained network still recognises from the border alone, and where its heat lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from monai.networks.utils import eval_mode

from radiobundle.evaluation.choices import headline_split
from radiobundle.evaluation.estimates import Evaluation, describe, evaluate
from radiobundle.evaluation.floors import COLUMNS, auroc, auroc_difference, metadata_auroc, shuffled_auroc
from radiobundle.evaluation.intervals.mean import mean_interval
from radiobundle.evaluation.judging import plain
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.regions import covered, energy_on
from radiobundle.files import write_json
from radiobundle.handlers.localisation import refuse_crops
from radiobundle.handlers.parts import Evaluated
from radiobundle.images.dataset import StoreDataset
from radiobundle.images.grayscale import read_grayscale
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.labels import hard_labels
from radiobundle.reporting.shortcut_content import SHORTCUTS
from radiobundle.transforms.border import border_mask
from radiobundle.transforms.markers import marker_mask

SCHEMA = "radiobundle-shortcuts/1"


class ShortcutFloor:
    """Part of a report: `shortcuts.json`, see docs/shortcuts.md.

    The trained network is evaluated again on the headline split's images, after changing them (keeping only the
    border, for example). Shuffled labels and a regression on facts about the patient serve as baselines. The heat maps
    of each image's most probable label show which fraction of the heat lies on the border and on markers.

    Args:
        network: the evaluated network.
        data: the evaluated items, in the order of the data set.
        training: the training items, for the regression.
        changes: by name, steps that change an image before all steps of its reader.
        reader: reader of the images; it must not crop.
        store_dir: folder for the changed images, packed.
        activation: turns `{"pred": logits}` into `{"pred": probabilities}`.
        border_fraction: see `border_mask`.
        heat_images: largest number of images with heat maps, chosen at random by the evaluation's seed.
        columns: facts for the regression.
        batch_size: batch size of the evaluations.
        layer: layer of the network, see `HeatMaps`.

    Raises:
        ValueError: the reader crops.
    """

    def __init__(
        self,
        *,
        network: torch.nn.Module,
        data: Sequence[dict[str, Any]],
        training: Sequence[dict[str, Any]],
        changes: Mapping[str, Sequence[Callable[[Any], Any]]],
        reader: RadiographReader,
        store_dir: str | Path,
        activation: Callable[[dict[str, Any]], dict[str, Any]],
        border_fraction: float,
        heat_images: int = 256,
        columns: Sequence[str] = COLUMNS,
        batch_size: int = 32,
        layer: str | None = None,
    ) -> None:
        refuse_crops(reader, "shortcuts")
        self.stores = {
            name: ImageStore(store_dir, RadiographReader(reader.image_size_px, [*steps, *reader.steps]))
            for name, steps in changes.items()
        }
        self.network, self.data, self.training = network, data, training
        self.activation, self.border_fraction, self.heat_images = activation, border_fraction, heat_images
        self.columns, self.batch_size, self.layer = columns, batch_size, layer

    def write(self, evaluated: Evaluated) -> None:
        """Evaluate again, and write the results."""
        split = headline_split(evaluated.predictions.split_names)
        rows = np.flatnonzero(evaluated.predictions.splits == split)
        whole = evaluated.predictions.subset(rows)
        options: dict[str, Any] = {"resamples": evaluated.resamples, "seed": evaluated.seed}
        reference = evaluate(whole, **options)
        views = {"whole": _described(reference)}
        for name, store in self.stores.items():
            probabilities = self._probabilities(evaluated, rows, StoreDataset(self.data, store))
            found = evaluate(replace(whole, probabilities=probabilities), **options)
            views[name] = {**_described(found), "difference": auroc_difference(found, reference)}
        content = {
            "schema": SCHEMA,
            "split": split,
            "images": len(whole),
            "patients": whole.patient_count,
            "border_fraction": self.border_fraction,
            "views": views,
            "floors": {
                "shuffled": shuffled_auroc(whole, seed=evaluated.seed),
                "metadata": self._metadata(whole, **options),
            },
            "heat": self._heat(evaluated, rows),
        }
        write_json(evaluated.folder / SHORTCUTS, plain(content))

    def _probabilities(self, evaluated: Evaluated, rows: np.ndarray, dataset: StoreDataset) -> np.ndarray:
        engine: Any = evaluated.engine
        parts = []
        with eval_mode(self.network):  # which the evaluator sets for the length of a batch only
            for start in range(0, len(rows), self.batch_size):
                images = evaluated.inputs(rows[start : start + self.batch_size], dataset)
                logits = engine.inferer(images, self.network)
                parts.append(self.activation({"pred": logits})["pred"].double().cpu().numpy())
        return np.concatenate(parts)

    def _metadata(self, whole: Predictions, **options: int) -> dict[str, Any]:
        facts = pd.DataFrame(list(self.training))
        truth = hard_labels(facts["label"].tolist())
        return metadata_auroc(facts, truth, whole, columns=self.columns, **options)

    def _heat(self, evaluated: Evaluated, rows: np.ndarray) -> dict[str, Any]:
        """Return the energy of heat maps on the border and on markers, and the area of these regions."""
        maps = HeatMaps(self.network, self.layer)
        rng = np.random.default_rng(evaluated.seed)
        chosen = np.sort(rng.choice(rows, size=min(self.heat_images, len(rows)), replace=False))
        found = []
        for row in chosen:
            label = int(evaluated.predictions.probabilities[row].argmax())
            heat = maps(evaluated.inputs([row]), label)[0].float().cpu().numpy()
            image = np.asarray(read_grayscale(self.data[evaluated.indices[row]]["image"]))
            masks = {"border": border_mask(image.shape, self.border_fraction), "markers": marker_mask(image)}
            covers = {name: covered(mask, heat.shape) for name, mask in masks.items()}
            found.append({name: (energy_on(heat, cover), float(cover.mean())) for name, cover in covers.items()})
        ids = evaluated.predictions.patient_ids
        who = None if ids is None else ids[chosen]
        return {
            "images": len(chosen),
            "without_heat": int(sum(np.isnan(one["border"][0]) for one in found)),
            "layers": maps.layers,
            "regions": {
                name: _region(np.array([one[name] for one in found]), who, evaluated) for name in ("border", "markers")
            },
        }


def _region(values: np.ndarray, patient_ids: np.ndarray | None, evaluated: Evaluated) -> dict[str, Any]:
    """Return the mean energy and area of the images that have heat and the region.

    Args:
        values: (N, 2) energy and area.
        patient_ids: (N,).
        evaluated: gives the number of resamples and the seed.
    """
    energy, area = np.where((values[:, 1:] > 0) & np.isfinite(values[:, :1]), values, np.nan).T
    options: dict[str, Any] = {
        "patient_ids": patient_ids, "resamples": evaluated.resamples, "seed": evaluated.seed
    }  # fmt: skip
    return {
        "images": int(np.isfinite(energy).sum()),
        "energy": mean_interval(energy, **options),
        "area": mean_interval(area, **options)["value"],
        "excess": mean_interval(energy - area, **options),
    }


def _described(found: Evaluation) -> dict[str, Any]:
    """Return the AUROC, overall and by class."""
    described = describe(found)
    return {
        "auroc": auroc(found),
        "per_class": {label: row["probability"]["auroc"] for label, row in described["per_class"].items()},
    }
