"""The `radiobundle predict` command: any films in; probabilities, calls, heat maps and DICOM reports out."""

from __future__ import annotations

import itertools
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from radiobundle.bundles.load import open_model
from radiobundle.bundles.model import Model
from radiobundle.bundles.trained import TrainedModel
from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.extras import how_to_install
from radiobundle.images.errors import UnreadableImageError
from radiobundle.images.films import find_films
from radiobundle.images.formats import is_dicom
from radiobundle.serving.heat import draw_film
from radiobundle.serving.results import FAILED, TABLE, Results
from radiobundle.serving.table import UNUSUAL, is_unusual, tabulate

if TYPE_CHECKING:
    from radiobundle.serving.dicom_writer import DicomWriter

AHEAD = 3  # batches that are decoded while one is computed


@dataclass(frozen=True)
class Film:
    """One film.

    Attributes:
        name: in the table.
        path: of its file.
        pixels: uint8 (channels, height, width); None: it cannot be read.
        burned_in: what a DICOM file says of text in its pixels: YES, NO, or nothing.
        reason: why it cannot be read.
    """

    name: str
    path: Path
    pixels: np.ndarray | None = None
    burned_in: str = ""
    reason: str = ""


def predict_command(
    model: str,
    inputs: Sequence[str],
    *,
    output: str,
    batch_size: int = 32,
    device: str | None = None,
    precision: str = "auto",
    explain: bool = False,
    dicom: bool = False,
    overwrite: bool = False,
) -> int:
    """Predict every film; return 1 when some failed (they are in `failed.csv`), else 0.

    Memory does not grow with the number of films but by their names. An interrupted prediction goes on where it was.
    """
    if batch_size < 1:
        raise ValueError(f"--batch-size {batch_size}: must be positive")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    with open_model(model, device=device, precision=precision) as loaded:
        total = sum(1 for _ in find_films(inputs))
        heat_maps = _heat_maps(loaded, model) if explain else None
        write_dicom = _dicom_writer(Path(output), loaded) if dicom else None
        manifest = {
            "weights_sha256": loaded.sha256,
            "labels": list(loaded.labels),
            "image_size_px": list(loaded.reader.image_size_px),
            "thresholds": loaded.thresholds and loaded.thresholds.values,
            "precision": precision,
            "explain": explain,
            "dicom": dicom,
        }
        results = Results(output, manifest=manifest, overwrite=overwrite)
        work = _Work(loaded, results, heat_maps, write_dicom)
        with tqdm(total=total, initial=len(results.done), unit="film", desc="predicting", file=sys.stderr) as progress:
            todo = ((name, path) for name, path in find_films(inputs) if name not in results.done)
            for films in decode_batches(todo, loaded, batch_size=batch_size):
                work.do(films)
                progress.update(len(films))
    failed = results.finish()
    print(
        f"{output}/{TABLE}: {total} film{'s' * (total != 1)}"
        + _remarks(Path(output) / TABLE)
        + (f"; {failed} failed: {FAILED}" if failed else "")
    )
    return int(failed > 0)


class _Work:
    """What is done with each batch of films."""

    def __init__(self, model: Model, results: Results, heat_maps: HeatMaps | None, dicom: DicomWriter | None) -> None:
        self.model, self.results, self.heat_maps, self.dicom = model, results, heat_maps, dicom

    def do(self, films: Sequence[Film]) -> None:
        failures = [(film.name, film.reason) for film in films if film.pixels is None]
        good = [film for film in films if film.pixels is not None]
        if good:
            pixels = np.stack([film.pixels for film in good if film.pixels is not None])
            table = tabulate(self.model, [film.name for film in good], self.model.answer(pixels))
            table["burned_in_annotation"] = [film.burned_in for film in good]
            for place, film in enumerate(good):
                failures += self._illustrate(table.iloc[place], film)
            self.results.add(table)
        self.results.fail(failures)

    def _illustrate(self, row: pd.Series, film: Film) -> list[tuple[str, str]]:
        """Draw and write what was asked for; return the film and the reason where that failed."""
        picture = None
        if self.heat_maps is not None and isinstance(self.model, TrainedModel) and film.pixels is not None:
            image = self.model.normalise(np.stack([film.pixels]))
            folder = self.results.folder / "heat"
            picture = draw_film(row, film.path, image, heat_maps=self.heat_maps, model=self.model, folder=folder)
        if self.dicom is not None and is_dicom(film.path):
            try:
                self.dicom.write(row, film.path, picture)
            except ValueError as error:
                return [(film.name, str(error))]
        return []


def _remarks(table: Path) -> str:
    """Return what is worth saying of all films, those of an interrupted run included."""
    counts: Counter[str] = Counter()
    for rows in pd.read_csv(table, chunksize=100_000) if table.exists() else ():
        counts["with annotations burnt in"] += int((rows["burned_in_annotation"] == "YES").sum())
        counts[f"less usual than {UNUSUAL:.0%} of validation"] += int(np.sum(is_unusual(rows)))
    return "".join(f"; {count} {remark}" for remark, count in sorted((+counts).items()))


def decode_batches(films: Iterable[tuple[str, Path]], model: Model, *, batch_size: int) -> Iterator[list[Film]]:
    """Yield batches of films with their pixels or the reason why there are none.

    Threads decode a few batches ahead (Pillow decodes outside Python's lock), never more.
    """
    source = iter(films)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        waiting: list[list[Future[Film]]] = []
        while True:
            while len(waiting) < AHEAD and (chunk := list(itertools.islice(source, batch_size))):
                waiting.append([pool.submit(_decode, name, path, model) for name, path in chunk])
            if not waiting:
                return
            yield [future.result() for future in waiting.pop(0)]


def _decode(name: str, path: Path, model: Model) -> Film:
    try:
        pixels = model.reader(path)
    except UnreadableImageError as error:
        return Film(name, path, reason=str(error))
    return Film(name, path, pixels, _burned_in(path))


def _burned_in(path: Path) -> str:
    if not is_dicom(path):
        return ""
    from radiobundle.images.dicom import burned_in_annotation  # noqa: PLC0415 - only the extra has pydicom

    return burned_in_annotation(path)


def _heat_maps(model: Model, path: str) -> HeatMaps:
    if not isinstance(model, TrainedModel):
        raise ValueError(f"{path}: an exported network has no gradients for --explain; use its bundle")
    return HeatMaps(model.network)


def _dicom_writer(output: Path, model: Model) -> DicomWriter:
    try:
        from radiobundle.serving.dicom_writer import DicomWriter  # noqa: PLC0415 - only the extra has highdicom
    except ImportError as error:
        raise ValueError(f"--dicom needs {how_to_install('dicom')}: {error}") from error
    return DicomWriter(output / "dicom", model)
