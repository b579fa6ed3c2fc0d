"""Made-up folders of `radiobundle view`, of any size, for tests and measurements."""

from __future__ import annotations

import base64
import json
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import radiobundle

PAGE = Path(radiobundle.__file__).parent / "viewing/page"
TILE_PX, SHEET = 128, 8
FINDINGS = ("effusion", "mass", "nodule")


@dataclass
class MadeUp:
    """What is in a folder: truth (N, C), probabilities by run (N, C), names, and how the rest was made."""

    folder: Path
    labels: tuple[str, ...]
    task: str
    names: list[str]
    patients: list[str | None]
    splits: np.ndarray
    truth: np.ndarray
    probabilities: list[np.ndarray]
    embedding: np.ndarray
    pixels: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """Address of the page, without a server."""
        return (self.folder / "index.html").as_uri()


def write_made_up(
    folder: Path,
    *,
    rows: int = 300,
    labels: tuple[str, ...] = FINDINGS,
    task: str = "multilabel",
    runs: int = 1,
    names: dict[int, str] | None = None,
    with_images: int = 12,
    bare: bool = False,
    sampled: bool = False,
    missing: tuple[int, ...] = (),
    seed: int = 0,
) -> MadeUp:
    """Write a page of `rows` images, the first `with_images` with pixels; `bare`: without images and features.

    `sampled`: as if errors had been added to a random sample. `missing`: rows whose images were not found.
    """
    random = np.random.default_rng(seed)
    found = _make_up(folder, random, rows=rows, labels=labels, task=task, runs=runs, names=names or {})
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    references = 20
    manifest = _manifest(found, bare=bare, references=references)
    columns = _columns(found, random, references=references)
    manifest["sheet"]["missing"] = list(missing)
    if sampled:
        kinds = {"key": "sampled", "title": "sampled as", "kind": "category", "values": ["random", "error"]}
        manifest["columns"].append(kinds)
        columns["values"]["sampled"] = packed(np.arange(rows) % 2, "int32")
    _write(folder, "manifest", manifest)
    _write(folder, "columns", columns)
    if not bare:
        _write_extras(found, random, references=references)
        _write_sheets(folder, random, tiles=rows + references)
        for row in range(min(with_images, rows)):
            _write_image(found, random, row)
    return found


def packed(values: Any, kind: str) -> dict[str, str]:
    """Return values as the page's data files hold them."""
    data = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()
    return {"type": kind, "data": base64.b64encode(data).decode()}


def _make_up(
    folder: Path, random: np.random.Generator, *, rows: int, labels: Any, task: str, runs: int, names: dict[int, str]
) -> MadeUp:
    classes = len(labels)
    if task == "multiclass":
        truth = np.eye(classes)[random.integers(classes, size=rows)]
    else:
        truth = (random.random((rows, classes)) < 0.3).astype(float)
        truth[random.random(truth.shape) < 0.02] = -1
    probabilities = []
    for _ in range(runs):
        scores = 2.5 * (truth == 1) - 1.25 + random.normal(size=truth.shape)
        odds = np.exp(scores)
        p = odds / odds.sum(axis=1, keepdims=True) if task == "multiclass" else odds / (1 + odds)
        probabilities.append(p.astype(np.float32))
    return MadeUp(
        folder, tuple(labels), task,
        names=[names.get(row, f"images/{row:06d}.png") for row in range(rows)],
        patients=[None if row % 10 == 9 else f"P{row // 3:05d}" for row in range(rows)],
        splits=random.integers(2, size=rows), truth=truth, probabilities=probabilities,
        embedding=random.normal(size=(rows, 2)) + 2 * (truth[:, :1] == 1),
    )  # fmt: skip


def _manifest(found: MadeUp, *, bare: bool, references: int) -> dict[str, Any]:
    count = len(found.names)
    has = ("pixels", "boxes", "heat", "nearest", "embedding", "sheets")
    return {
        "format": 1,
        "title": "made-up images",
        "written_by": "radiobundle tests",
        "id": f"made-up-{count}-{found.task}-{len(found.labels)}",
        "task": found.task,
        "labels": list(found.labels),
        "runs": [
            {
                "name": f"run {at}", "uses_thresholds": True, "decision": "fitted", "weights": None,
                "thresholds": [0.35 + 0.05 * at] * len(found.labels),
            }
            for at in range(len(found.probabilities))
        ],
        "rows": count,
        "rows_total": count,
        "sampling": "",
        "columns": [
            {"key": "split", "title": "split", "kind": "category", "values": ["validation", "test"]},
            {"key": "sex", "title": "sex", "kind": "category", "values": ["F", "M"]},
            {"key": "age", "title": "age, years", "kind": "number"},
        ],
        "has": dict.fromkeys(has, not bare),
        "heat_method": "Grad-CAM",
        "umap": False,
        "embedding_note": "",
        "sheet": {
            "tile_px": TILE_PX, "columns": SHEET, "rows": SHEET, "missing": [],
            "count": -(-(count + references) // SHEET**2),
        },
        "references": references,
        "notes": ["No images were found under the data folder."] if bare else [],
        "list_sha256": "0" * 64,
        "datalist_name": "list.json",
    }  # fmt: skip


def _columns(found: MadeUp, random: np.random.Generator, *, references: int) -> dict[str, Any]:
    count = len(found.names)
    ages = random.integers(1, 95, size=count).astype(float)
    ages[::17] = np.nan
    return {
        "name": found.names,
        "patient": found.patients,
        "truth": packed(found.truth, "float32"),
        "probability": [packed(values, "float32") for values in found.probabilities],
        "values": {
            "split": packed(found.splits, "int32"),
            "sex": packed(random.integers(-1, 2, size=count), "int32"),
            "age": packed(ages, "float32"),
        },
        "references": {
            "name": [f"training/{at}.png" for at in range(references)],
            "patient": [None] * references,
            "truth": packed(random.integers(2, size=(references, len(found.labels))), "float32"),
        },
    }


def _write_extras(found: MadeUp, random: np.random.Generator, *, references: int) -> None:
    count, k = len(found.names), 5
    distances = np.sort(random.random((count, k)), axis=1)
    nearest = random.integers(references, size=(count, k))
    _write(
        found.folder, "nearest",
        {"k": k, "reference": packed(nearest, "int32"), "distance": packed(distances, "float32")},
    )  # fmt: skip
    x, y = found.embedding.T
    _write(found.folder, "embedding", {"pca": {"x": packed(x, "float32"), "y": packed(y, "float32")}})
    _write(found.folder, "boxes", {"0": [{"label": 0, "x": 0.25, "y": 0.25, "width": 0.5, "height": 0.25}]})


def _write_sheets(folder: Path, random: np.random.Generator, *, tiles: int) -> None:
    """Sheets of noise, one of them copied: what is on them costs the browser the same."""
    (folder / "data/sheets").mkdir(parents=True)
    noise = random.integers(0, 256, size=(SHEET * TILE_PX // 8,) * 2, dtype=np.uint8)
    first = folder / "data/sheets/0000.jpg"
    Image.fromarray(noise).resize((SHEET * TILE_PX,) * 2).save(first, quality=80)
    for number in range(1, -(-tiles // SHEET**2)):
        shutil.copy(first, folder / f"data/sheets/{number:04d}.jpg")


def _write_image(found: MadeUp, random: np.random.Generator, row: int) -> None:
    """A 16-bit image for even rows, an 8-bit one for odd rows, not square; a ramp from left to right, with noise."""
    bits = 8 if row % 2 else 16
    height, width = 60 + row, 80
    largest = 255 if bits == 8 else 40000
    ramp = np.linspace(0, largest, width)[None] * np.ones((height, 1)) + random.normal(
        0, largest / 200, (height, width)
    )
    pixels = np.clip(ramp, 0, 2**bits - 1).astype("<u1" if bits == 8 else "<u2")
    found.pixels[row] = pixels
    content = {
        "width": width, "height": height, "bits": bits, "data": _deflated(pixels), "low": largest * 0.1,
        "high": largest * 0.9, "inverted": False, "original": [height, width], "source": "file", "unit": "",
    }  # fmt: skip
    _write(found.folder, f"pixels/{row}", content, name=f"pixels/000/{row:06d}")
    heat = np.tile(np.linspace(0, 255, 8), (8, 1)).astype(np.uint8)
    maps = {str(label): {"width": 8, "height": 8, "data": _deflated(heat)} for label in range(len(found.labels))}
    _write(found.folder, f"heat/{row}", {"maps": maps}, name=f"heat/000/{row:06d}")


def _deflated(values: np.ndarray) -> str:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(values.tobytes()) + packer.flush()).decode()


def _write(folder: Path, key: str, value: Any, *, name: str = "") -> None:
    path = folder / "data" / f"{name or key}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"radiobundleData({json.dumps(key)}, {json.dumps(value)});\n", encoding="utf-8")
