"""The `radiobundle predict` command: any films in, probabilities, calls and heat maps out."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from radiobundle.bundles.trained import WEIGHTS, TrainedModel, load_model
from radiobundle.bundles.unpack import unpacked
from radiobundle.evaluation.calls import add_calls
from radiobundle.evaluation.predictions import Predictions
from radiobundle.explain.heat_figure import HeatFilm, draw_heat
from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.explain.pointing_game import hottest_spot
from radiobundle.images.errors import UnreadableImageError
from radiobundle.serving.inputs import find_films
from radiobundle.serving.results import FAILED, TABLE, Results

Film = tuple[str, Path]
AHEAD = 3  # batches that are decoded while one is computed


def predict_command(
    model: str,
    inputs: Sequence[str],
    *,
    output: str,
    batch_size: int = 32,
    device: str | None = None,
    precision: str = "auto",
    explain: bool = False,
    overwrite: bool = False,
) -> int:
    """Predict every film; return 1 when some could not be read (they are in `failed.csv`), else 0.

    Memory does not grow with the number of films but by their names. An interrupted prediction goes on where it was.
    """
    if batch_size < 1:
        raise ValueError(f"--batch-size {batch_size}: must be positive")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    with unpacked(model) as folder:
        trained = load_model(folder, device=device, precision=precision)
        weights = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
        size = list(trained.reader.image_size_px)
        manifest = {"weights_sha256": weights, "labels": list(trained.labels), "image_size_px": size}
        total = sum(1 for _ in find_films(inputs))
        results = Results(output, manifest=manifest, overwrite=overwrite)
        _predict(trained, find_films(inputs), results, total=total, batch_size=batch_size, explain=explain)
    failed = results.finish()
    print(f"{output}/{TABLE}: {total - failed} films" + (f"; {failed} could not be read: {FAILED}" if failed else ""))
    return int(failed > 0)


def _predict(
    model: TrainedModel, films: Iterable[Film], results: Results, *, total: int, batch_size: int, explain: bool
) -> None:
    heat_maps = HeatMaps(model.network) if explain else None
    todo = (film for film in films if film[0] not in results.done)
    with tqdm(total=total, initial=len(results.done), unit="film", desc="predicting", file=sys.stderr) as progress:
        for batch, pixels, failures in decode_batches(todo, model, batch_size=batch_size):
            results.fail(failures)
            if batch:
                images = model.normalise(pixels)
                table = tabulate(model, [name for name, _ in batch], model.predict(images))
                if heat_maps is not None:
                    _draw(batch, images, table, heat_maps, labels=model.labels, folder=results.folder / "heat")
                results.add(table)
            progress.update(len(batch) + len(failures))


def decode_batches(
    films: Iterable[Film], model: TrainedModel, *, batch_size: int
) -> Iterator[tuple[list[Film], np.ndarray, list[tuple[str, str]]]]:
    """Yield batches of films with their pixels, uint8 (batch, channels, height, width), and those that failed.

    Threads decode a few batches ahead (Pillow decodes outside Python's lock), never more.
    """
    source = iter(films)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        waiting: list[list[tuple[Film, Future[np.ndarray | str]]]] = []
        while True:
            while len(waiting) < AHEAD and (chunk := list(itertools.islice(source, batch_size))):
                waiting.append([(film, pool.submit(_decode, film[1], model)) for film in chunk])
            if not waiting:
                return
            found = [(film, future.result()) for film, future in waiting.pop(0)]
            good = [(film, pixels) for film, pixels in found if not isinstance(pixels, str)]
            failures = [(film[0], reason) for film, reason in found if isinstance(reason, str)]
            stacked = np.stack([pixels for _, pixels in good]) if good else np.empty((0,), np.uint8)
            yield [film for film, _ in good], stacked, failures


def tabulate(model: TrainedModel, names: Sequence[str], probabilities: np.ndarray) -> pd.DataFrame:
    """Return a row per film: calls at the shipped thresholds, raw and (where shipped) calibrated probabilities."""
    predictions = Predictions(
        images=np.asarray(names, dtype=str),
        patient_ids=None,
        splits=np.full(len(names), "inference"),
        labels=model.labels,
        truth=np.full(probabilities.shape, -1, np.int8),
        probabilities=probabilities,
        groups=pd.DataFrame(index=range(len(names))),
        task=model.task,
    )
    table = add_calls(predictions, model.thresholds).groups
    table.insert(0, "image", list(names))
    columns = {f"prob:{label}": probabilities[:, place] for place, label in enumerate(model.labels)}
    if model.calibration is not None:
        calibrated = model.calibration.apply(probabilities, method=model.calibration.recommended)
        columns |= {f"calibrated:{label}": calibrated[:, place] for place, label in enumerate(model.labels)}
    return pd.concat([table, pd.DataFrame(columns)], axis=1)


def _decode(path: Path, model: TrainedModel) -> np.ndarray | str:
    try:
        return model.reader(path)
    except UnreadableImageError as error:
        return str(error)


def _draw(
    films: Sequence[Film],
    images: torch.Tensor,
    table: pd.DataFrame,
    heat_maps: HeatMaps,
    *,
    labels: Sequence[str],
    folder: Path,
) -> None:
    """Draw one picture per film: heat of every label that is called, else of the most probable one."""
    for place, (name, path) in enumerate(films):
        probabilities = table.loc[place, [f"prob:{label}" for label in labels]].to_numpy(float)
        drawn = [label for label in labels if table.loc[place].get(f"call:{label}") == 1]
        drawn = drawn or [labels[int(probabilities.argmax())]]
        panels = []
        for label in drawn:
            heat = heat_maps(images[place : place + 1], labels.index(label))[0].float().cpu().numpy()
            title = f"{label} {probabilities[labels.index(label)]:.2f}"
            panels.append(HeatFilm(str(path), title, heat, hottest_spot(heat)))
        draw_heat(panels, folder / (re.sub(r"[^\w.-]+", "_", name) + ".png"), columns=4, size_inch=4)
