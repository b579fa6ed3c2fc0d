"""`radiobundle probe`: frozen features of pretrained weights, judged on a datalist's test split with intervals."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radiobundle.datalists.datalist_file import Datalist, read_datalist
from radiobundle.evaluation.judging import ReportOptions, judge
from radiobundle.evaluation.origin import Origin
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.files import require_writable_folder, write_json, write_text
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.labels import SPLIT_NAMES, hard_labels
from radiobundle.pretrained.entry import WeightsEntry, WeightsError
from radiobundle.pretrained.leak import leaks
from radiobundle.probing.features import compute_features
from radiobundle.probing.models import Fitted, linear_probe, neighbour_probe
from radiobundle.reporting.document import Document, Table, Text
from radiobundle.training.data import load_items

RESULTS, PAGE = "probe.json", "probe.md"
COLUMNS = ("weights", "model", "setting", "AUROC, validation", "AUROC, test", "95 % interval", "seen the test images?")
logger = logging.getLogger("radiobundle")


def probe(
    datalist: str | Path,
    dataset_dir: str | Path | Mapping[str, str | Path],
    entries: Sequence[WeightsEntry],
    output_dir: str | Path,
    *,
    image_size_px: int = 224,
    store_dir: str | Path | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
    accept_leak: bool = False,
) -> list[dict[str, Any]]:
    """Probe weights: features once, then a linear model and nearest neighbours; best validation AUROC first.

    Writes `probe.json`, `probe.md` and, for each model, a `predictions.csv` that `radiobundle report` and `compare`
    read. Settings are chosen on validation, test is used once for each model.

    Args:
        datalist: list with all three splits.
        dataset_dir: folder of its images, see `dataset_folders`.
        entries: the weights.
        output_dir: gets the results.
        image_size_px: height and width at which the networks see the images.
        store_dir: of the decoded images and the features; None: `store` in the output folder.
        bootstrap: number of resamples for the intervals.
        seed: of the resampling.
        accept_leak: also probe weights that may have seen the test images; their rows say so.

    Raises:
        ValueError: a split is empty, there are no weights, or some may have seen the test images.
    """
    if not entries:
        raise ValueError("`weights`: name some, see `radiobundle weights list`")
    source = read_datalist(datalist)
    if empty := [split for split in SPLIT_NAMES if not source.splits.get(split)]:
        raise ValueError(f"{datalist}: a probe needs all three splits, {' and '.join(empty)} has no images")
    reasons = {entry.name: leaks(entry.trained_on, source) for entry in entries}
    if not accept_leak and (first := next((name for name in reasons if reasons[name]), None)):
        raise WeightsError(
            f"{first}: these weights may have seen the images of the test split: {'; '.join(reasons[first])}. Leave "
            "them out, or give `accept_leak`, which marks their results"
        )
    output, store_dir = Path(output_dir), Path(store_dir or Path(output_dir) / "store")
    require_writable_folder(output)
    by_split = load_items(datalist, dataset_dir, source.labels)
    items = [item for split in SPLIT_NAMES for item in by_split[split]]
    store = ImageStore(store_dir, RadiographReader(image_size_px))
    rows = []
    for entry in entries:
        features = compute_features(entry, items, store)
        for model, fitted in _fit_models(features, items, source).items():
            folder = output / entry.name / model
            predictions = _predictions(fitted, items, source)
            folder.mkdir(parents=True, exist_ok=True)
            write_predictions(folder / "predictions.csv", predictions)
            found = judge(
                predictions, ReportOptions(bootstrap=bootstrap, seed=seed), origin=Origin(leak=reasons[entry.name])
            )
            rows.append(_row(entry.name, model, fitted, found.metrics))
            logger.info("%s, %s: AUROC %.3f", entry.name, model, rows[-1]["test_auroc"]["value"])
    rows.sort(key=lambda row: -row["validation_auroc"])
    write_json(output / RESULTS, {"datalist": str(datalist), "image_size_px": image_size_px, "models": rows})
    write_text(output / PAGE, _page(rows, source, image_size_px).to_markdown())
    return rows


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row's cells under `COLUMNS`."""
    auroc = row["test_auroc"]
    interval = "none" if auroc["low"] is None else f"{auroc['low']:.3f} to {auroc['high']:.3f}"
    value = "undefined" if auroc["value"] is None else f"{auroc['value']:.3f}"
    seen = "; ".join(row["leak"]) or "not as far as is known"
    return (row["weights"], row["model"], row["setting"], f"{row['validation_auroc']:.3f}", value, interval, seen)


def _fit_models(features: np.ndarray, items: Sequence[dict[str, Any]], source: Datalist) -> dict[str, Fitted]:
    truth = hard_labels([item["label"] for item in items])
    training = np.array([item["split"] == "training" for item in items])
    validation = np.array([item["split"] == "validation" for item in items])
    given = (features[training], truth[training], features[~training], truth[validation])
    task: Any = source.task
    return {"linear": linear_probe(*given, task=task), "neighbours": neighbour_probe(*given)}


def _predictions(fitted: Fitted, items: Sequence[dict[str, Any]], source: Datalist) -> Predictions:
    others = [item for item in items if item["split"] != "training"]
    patients = [item.get("patient_id") for item in others]
    probabilities = fitted.probabilities
    if source.task == "multiclass":
        probabilities = probabilities / probabilities.sum(1, keepdims=True)
    task: Any = source.task
    return Predictions(
        images=np.array([item["name"] for item in others]),
        patient_ids=np.array(patients, dtype=object) if any(patient is not None for patient in patients) else None,
        splits=np.array([item["split"] for item in others]),
        labels=source.labels,
        truth=hard_labels([item["label"] for item in others]),
        probabilities=probabilities.clip(0, 1),
        task=task,
    )


def _row(name: str, model: str, fitted: Fitted, metrics: Mapping[str, Any]) -> dict[str, Any]:
    auroc = metrics["splits"]["test"]["overall"]["probability"]["auroc"]
    return {
        "weights": name,
        "model": model,
        "setting": fitted.setting,
        "validation_auroc": fitted.validation_auroc,
        "test_auroc": {key: auroc.get(key) for key in ("value", "low", "high")},
        "leak": metrics.get("leak", []),
    }


def _page(rows: Sequence[Mapping[str, Any]], source: Datalist, image_size_px: int) -> Document:
    counts = ", ".join(f"{len(source.splits[split]):,} {split}" for split in SPLIT_NAMES)
    text = (
        f"Frozen features at {image_size_px} px, one simple model on each ({counts}; {', '.join(source.labels)}). Rows "
        "are in the order of the validation AUROC, by which settings were chosen; intervals are of the test AUROC "
        "(macro). For differences between models with intervals: `radiobundle compare` on their folders."
    )
    return Document(
        "Which pretrained weights suit these radiographs?", [Text(text), Table(COLUMNS, [cells(row) for row in rows])]
    )
