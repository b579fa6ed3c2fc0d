"""The `radiobundle predict` command: any images in; predicted classes, probabilities, heat maps and DICOM out."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from radiobundle.explain.heat_maps import HeatMaps
from radiobundle.extras import how_to_install
from radiobundle.images.errors import plain_reason
from radiobundle.images.formats import HEAD_BYTES, Format, format_of, is_dicom
from radiobundle.images.grayscale import read_bytes
from radiobundle.images.search import FoundImage, Passed, search_images
from radiobundle.models.load import open_model
from radiobundle.models.model import Model
from radiobundle.models.trained import TrainedModel
from radiobundle.serving.heat import write_heat_figure
from radiobundle.serving.results import FAILED, TABLE, Failure, Results
from radiobundle.serving.table import UNUSUAL, is_unusual, tabulate
from radiobundle.training.precision import choose_precision

if TYPE_CHECKING:
    from radiobundle.serving.dicom_writer import DicomWriter

AHEAD = 3  # batches that are decoded while one is computed


@dataclass(frozen=True)
class DecodedImage:
    """One image.

    Attributes:
        name: in the table.
        path: of its file.
        pixels: uint8 (channels, height, width); None: it cannot be read.
        burned_in: what a DICOM file says of text in its pixels: YES, NO, or nothing.
        remarks: what is unusual about it.
        failure: why it has no pixels.
    """

    name: str
    path: Path
    pixels: np.ndarray | None = None
    burned_in: str = ""
    remarks: tuple[str, ...] = ()
    failure: Failure | None = None


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
    verbose: bool = False,
) -> int:
    """Predict every image; return 1 when some failed (they are in `failed.csv`), else 0.

    Memory does not grow with the number of images but by their names. An interrupted prediction goes on where it was.
    What the search did not take is counted and, with `verbose`, listed.
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` {batch_size}: must be positive")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    choose_precision(precision, "cpu")  # a mistyped one is refused before anything is written
    with open_model(model, device=device, precision=precision) as loaded:
        passed = Passed()
        total = sum(1 for _ in search_images(inputs, passed))
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
            "table_format": 3,
        }
        results = Results(output, manifest=manifest, overwrite=overwrite)
        work = _Work(loaded, results, heat_maps, write_dicom)
        with tqdm(total=total, initial=len(results.done), unit="image", desc="predicting", file=sys.stderr) as progress:
            todo = (found for found in search_images(inputs) if found.name not in results.done)
            for images in decode_batches(todo, loaded, batch_size=batch_size):
                work.do(images)
                progress.update(len(images))
    failed = results.finish()
    if verbose:
        print(*passed.lines(), sep="\n", end="\n" if passed.lines() else "")
    print(
        f"{output}/{TABLE}: {total} image{'s' * (total != 1)}"
        + _remarks(Path(output) / TABLE)
        + (f"; {failed} failed: {FAILED}" if failed else "")
        + (f"; {passed.summary()}" if passed.summary() else "")
        + ("" if verbose or not passed.lines() else " (--verbose lists them)")
    )
    return int(failed > 0)


class _Work:
    """What is done with each batch of images."""

    def __init__(self, model: Model, results: Results, heat_maps: HeatMaps | None, dicom: DicomWriter | None) -> None:
        self.model, self.results, self.heat_maps, self.dicom = model, results, heat_maps, dicom

    def do(self, images: Sequence[DecodedImage]) -> None:
        failures = [decoded.failure for decoded in images if decoded.failure is not None]
        good = [decoded for decoded in images if decoded.pixels is not None]
        if good:
            pixels = np.stack([decoded.pixels for decoded in good if decoded.pixels is not None])
            table = tabulate(self.model, [decoded.name for decoded in good], self.model.answer(pixels))
            table["burned_in_annotation"] = [decoded.burned_in for decoded in good]
            table["remarks"] = ["; ".join(decoded.remarks) for decoded in good]
            for row, decoded in enumerate(good):
                failures += self._illustrate(table.iloc[row], decoded)
            self.results.add(table)
        self.results.fail(failures)

    def _illustrate(self, row: pd.Series, decoded: DecodedImage) -> list[Failure]:
        """Draw and write what was asked for; return what failed, which never ends the run."""
        heat_figure, failures = None, []
        if self.heat_maps is not None and isinstance(self.model, TrainedModel) and decoded.pixels is not None:
            pixels = self.model.normalise(np.stack([decoded.pixels]))
            folder = self.results.folder / "heat"
            try:
                heat_figure = write_heat_figure(
                    row, decoded.path, pixels, heat_maps=self.heat_maps, model=self.model, folder=folder
                )
            except Exception as error:  # of any library that draws
                failures.append(_failure(decoded.name, "heat map", error))
        if self.dicom is not None and is_dicom(decoded.path):
            try:
                self.dicom.write(row, decoded.path, heat_figure)
            except Exception as error:  # pydicom and highdicom raise nearly every type
                failures.append(_failure(decoded.name, "report", error))
        return failures


def _failure(name: str, kind: str, error: Exception) -> Failure:
    own = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
    return Failure(name, kind, plain_reason(error) if own else f"{type(error).__name__}: {plain_reason(error)}")


def _remarks(table: Path) -> str:
    """Return what is worth saying of all images, those of an interrupted run included."""
    counts: Counter[str] = Counter()
    for rows in pd.read_csv(table, chunksize=100_000) if table.exists() else ():
        counts["with annotations burnt in"] += int((rows["burned_in_annotation"] == "YES").sum())
        counts["with remarks"] += int(rows.filter(items=["remarks"]).notna().sum().sum())
        counts[f"less usual than {UNUSUAL:.0%} of validation"] += int(np.sum(is_unusual(rows)))
    return "".join(f"; {count} {remark}" for remark, count in sorted((+counts).items()))


def decode_batches(images: Iterable[FoundImage], model: Model, *, batch_size: int) -> Iterator[list[DecodedImage]]:
    """Yield batches of images with their pixels or the reason why there are none.

    Threads decode a few batches ahead (Pillow decodes outside Python's lock), never more.
    """
    source = iter(images)
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        waiting: list[list[Future[DecodedImage]]] = []
        while True:
            while len(waiting) < AHEAD and (chunk := list(itertools.islice(source, batch_size))):
                waiting.append([pool.submit(_decode, found, model) for found in chunk])
            if not waiting:
                return
            yield [future.result() for future in waiting.pop(0)]


def _decode(found: FoundImage, model: Model) -> DecodedImage:
    name, path, reason = found
    if reason:
        return DecodedImage(name, path, failure=Failure(name, "row of a list", reason))
    try:
        data = read_bytes(path)
        pixels, remarks = model.reader.decode_with_remarks(data, str(path))
        return DecodedImage(name, path, pixels, _burned_in(data, path), remarks)
    except Exception as error:  # a step of the preprocessing may raise any type; one image never ends the run
        return DecodedImage(name, path, failure=_failure(name, "reading", error))


def _burned_in(data: bytes, path: Path) -> str:
    if format_of(data[:HEAD_BYTES], path.name) is not Format.DICOM:
        return ""
    from radiobundle.images.dicom import burned_in_annotation  # noqa: PLC0415 - only the extra has pydicom

    return burned_in_annotation(path)


def _heat_maps(model: Model, path: str) -> HeatMaps:
    if not isinstance(model, TrainedModel):
        raise ValueError(f"{path}: an exported network has no gradients for `explain`; use its bundle")
    return HeatMaps(model.network)


def _dicom_writer(output: Path, model: Model) -> DicomWriter:
    try:
        from radiobundle.serving.dicom_writer import DicomWriter  # noqa: PLC0415 - only the extra has highdicom
    except ImportError as error:
        raise ValueError(f"`dicom` needs {how_to_install('dicom')}: {error}") from error
    return DicomWriter(output / "dicom", model)
