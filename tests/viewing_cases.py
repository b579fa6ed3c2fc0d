"""Small runs for the tests of the page: predictions, a datalist and images, without a training."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from radiobundle.evaluation.decision import DecisionRule
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.files import file_sha256
from radiobundle.viewing.joined import Rows

LABELS = ("mass", "nodule")
COUNT = 12


def write_images(folder: Path, names: Sequence[str]) -> None:
    """Noise of 32 x 24 pixels."""
    rng = np.random.default_rng(0)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (24, 32), dtype=np.uint8)).save(path)


def write_list(path: Path, items: Sequence[dict[str, Any]], *, labels: Sequence[str] = LABELS, **more: Any) -> Path:
    content = {"labels": list(labels), "task": "multilabel", "training": [], "validation": [], "test": list(items)}
    path.write_text(json.dumps({**content, **more}))
    return path


def make_run(
    folder: Path,
    *,
    name: str = "run",
    names: Sequence[str] | None = None,
    labels: Sequence[str] = LABELS,
    seed: int = 0,
    images: bool = True,
    **more: Any,
) -> Path:
    """Write a run with two labels on twelve test images, its list and images; return its folder.

    Args:
        folder: gets `images`, `list.json` and the run.
        name: of the run.
        names: of the images.
        labels: of the run.
        seed: of the probabilities.
        images: write images and list too.
        more: entries of the list, such as `training`.
    """
    names = names or [f"{index}.png" for index in range(COUNT)]
    truth = np.array([[index % 2, index % 3 == 0] for index in range(len(names))], dtype=int)
    items = [
        {"image": image, "label": values, "patient_id": f"p{index // 2}", "sex": "FM"[index % 2], "age": 20 + index}
        for index, (image, values) in enumerate(zip(names, truth.tolist(), strict=True))
    ]
    if images:
        write_images(folder / "images", names)
        write_list(folder / "list.json", items, labels=labels, **more)
    return write_run(folder / name, items, labels=labels, seed=seed, datalist=folder / "list.json")


def write_run(run: Path, items: Sequence[dict[str, Any]], *, labels: Sequence[str], seed: int, datalist: Path) -> Path:
    """Write predictions of items and the manifest that names their list."""
    rng = np.random.default_rng(seed)
    truth = np.array([item["label"] for item in items])
    table = Predictions(
        images=np.array([item["image"] for item in items]),
        patient_ids=np.array([item["patient_id"] for item in items], dtype=object),
        splits=np.full(len(items), "test"),
        labels=tuple(labels),
        truth=truth,
        probabilities=np.clip(0.5 * truth + rng.random(truth.shape) * 0.5, 0, 1),
        groups=pd.DataFrame({key: [item[key] for item in items] for key in ("sex", "age")}),
    )
    run.mkdir(parents=True, exist_ok=True)
    write_predictions(run / "predictions.csv", table)
    manifest = {
        "datalist": {"path": str(datalist), "sha256": file_sha256(datalist)},
        "config": {"dataset_dir": str(datalist.parent / "images"), "datalist": str(datalist)},
    }
    (run / "run.json").write_text(json.dumps(manifest))
    return run


def rows_of(truth: np.ndarray, *probabilities: np.ndarray, task: Any = "multilabel") -> Rows:
    """Rows without patients and facts."""
    count, labels = truth.shape
    rule = DecisionRule(task, tuple(f"c{label}" for label in range(labels)))
    names = np.array([f"{index}.png" for index in range(count)], dtype=object)
    return Rows(
        rule, names, np.full(count, None), truth.astype(np.float32), probabilities, pd.DataFrame(index=range(count))
    )


class Count:
    """A progress bar that only counts."""

    total = 0

    def update(self, count: int) -> None:
        self.total += count


def read_script(path: Path) -> tuple[str, Any]:
    """Return the key and the value that a script hands to the page."""
    text = path.read_text("ascii")
    assert text.startswith("radiobundleData(") and text.endswith(");\n"), text[:40]
    key, value = json.loads(f"[{text[len('radiobundleData(') : -3]}]")
    return key, value


def unpacked(array: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), np.dtype(array["type"]).newbyteorder("<"))


def inflated(script: dict[str, Any]) -> np.ndarray:
    data = zlib.decompress(base64.b64decode(script["data"]), -15)
    kind = np.dtype(f"<u{script.get('bits', 8) // 8}")
    return np.frombuffer(data, kind).reshape(script["height"], script["width"])
