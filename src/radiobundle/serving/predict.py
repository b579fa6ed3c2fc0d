"""The `radiobundle predict` command: any images in; predicted classes, probabilities, heat maps and DICOM out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from radiobundle.explain.methods import DEFAULT, Explanation, check_methods, explain_by
from radiobundle.explain.model_network import check_maps, has_gradients, input_of, network_of
from radiobundle.extras import how_to_install
from radiobundle.images.formats import is_dicom
from radiobundle.images.search import Passed, search_images
from radiobundle.models.load import open_model
from radiobundle.models.model import Model
from radiobundle.serving.decode import DecodedImage, check_batch_size, failure_of
from radiobundle.serving.embed import require_features
from radiobundle.serving.feature_rows import FeatureRows
from radiobundle.serving.heat import write_heat_figure
from radiobundle.serving.results import FAILED, FEATURES, TABLE, Failure, Results
from radiobundle.serving.streams import AnsweredBatch, answer_batches
from radiobundle.serving.table import UNUSUAL, is_unusual, tabulate
from radiobundle.training.precision import choose_precision
from radiobundle.words import counted

if TYPE_CHECKING:
    from radiobundle.serving.dicom_writer import DicomWriter


def predict_command(
    model: str,
    inputs: Sequence[str],
    *,
    output: str,
    batch_size: int = 32,
    device: str | None = None,
    precision: str = "auto",
    explain: bool = False,
    method: str = DEFAULT,
    features: bool = False,
    dicom: bool = False,
    overwrite: bool = False,
    verbose: bool = False,
) -> int:
    """Predict every image; return 1 when some failed (they are in `failed.csv`), else 0.

    Apart from the images' names, memory does not grow with their number. An interrupted prediction is resumed.
    Files that the search left out are counted and, with `verbose`, listed.
    """
    check_batch_size(batch_size)
    choose_precision(precision, "cpu")  # refuses a mistyped one before anything is written
    with open_model(model, device=device, precision=precision) as loaded:
        passed = Passed()
        total = sum(1 for _ in search_images(inputs, passed))
        heat_maps = _heat_maps(loaded, method) if explain else None
        write_dicom = _dicom_writer(Path(output), loaded) if dicom else None
        manifest = {
            "inputs": [os.path.abspath(given) for given in inputs],  # noqa: PTH100 - patterns too
            "weights_sha256": loaded.sha256,
            "labels": list(loaded.labels),
            "image_size_px": list(loaded.reader.image_size_px),
            "thresholds": loaded.thresholds and loaded.thresholds.values,
            "precision": precision,
            "explain": explain,
            **({"method": method} if explain and method != DEFAULT else {}),
            **({"features": True} if features else {}),
            "dicom": dicom,
            "table_format": 3,
        }
        width = require_features(loaded, model).feature_count if features else 0
        results = Results(output, manifest=manifest, overwrite=overwrite)
        if results.done:
            results.require_unchanged(search_images(inputs))
        grown = FeatureRows(results.partial(FEATURES), width=width, rows=len(results.predicted)) if features else None
        work = _Work(loaded, results, heat_maps, write_dicom, grown)
        with tqdm(total=total, initial=len(results.done), unit="image", desc="predicting", file=sys.stderr) as progress:
            todo = (found for found in search_images(inputs) if found.name not in results.done)
            for batch in answer_batches(todo, loaded, batch_size=batch_size, features=features):
                work.do(batch)
                progress.update(len(batch.decoded))
    if grown is not None:
        grown.write(Path(output) / FEATURES, results.predicted)
    failed = results.finish()
    if grown is not None:
        grown.remove()
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

    def __init__(
        self,
        model: Model,
        results: Results,
        heat_maps: Explanation | None,
        dicom: DicomWriter | None,
        features: FeatureRows | None,
    ) -> None:
        self.model, self.results, self.heat_maps, self.dicom, self.features = model, results, heat_maps, dicom, features

    def do(self, batch: AnsweredBatch) -> None:
        failures, good = list(batch.decoded.failures), batch.decoded.images
        if self.features is not None and batch.features is not None:
            self.features.add(batch.features)
        if batch.answer is not None:
            table = tabulate(self.model, [decoded.name for decoded in good], batch.answer)
            table["burned_in_annotation"] = [decoded.burned_in for decoded in good]
            table["remarks"] = ["; ".join(decoded.remarks) for decoded in good]
            if self.heat_maps is not None or self.dicom is not None:  # a row of a table is slow to take
                for row, decoded in enumerate(good):
                    failures += self._illustrate(table.iloc[row], decoded)
            self.results.add(table)
        self.results.fail(failures)

    def _illustrate(self, row: pd.Series, decoded: DecodedImage) -> list[Failure]:
        """Plot and write what was requested; return failures, which never end the run."""
        heat_figure, failures = None, []
        if self.heat_maps is not None:
            pixels = input_of(self.model, np.stack([decoded.pixels]))
            folder = self.results.folder / "heat"
            try:
                heat_figure = write_heat_figure(
                    row, decoded.path, pixels, heat_maps=self.heat_maps, model=self.model, folder=folder
                )
            except Exception as error:  # of any library that draws
                failures.append(failure_of(decoded.name, "heat map", error))
        if self.dicom is not None and is_dicom(decoded.path):
            try:
                self.dicom.write(row, decoded.path, heat_figure)
            except Exception as error:  # pydicom and highdicom raise nearly every type
                failures.append(failure_of(decoded.name, "report", error))
        return failures


def _remarks(table: Path) -> str:
    """Return a summary of all images, including those of an interrupted run."""
    counts: Counter[str] = Counter()
    for rows in pd.read_csv(table, chunksize=100_000) if table.exists() else ():
        counts["burned-in annotations"] += int((rows["burned_in_annotation"] == "YES").sum())
        counts["remarks"] += int(rows.filter(items=["remarks"]).notna().sum().sum())
        counts["unusual"] += int(np.sum(is_unusual(rows)))
    kinds = ("burned-in annotations", "remarks")
    said = [f"{counts[kind]} with {kind}" for kind in kinds if counts[kind]]
    if unusual := counts["unusual"]:
        verb = "is" if unusual == 1 else "are"
        how = f"more unusual than {100 * UNUSUAL:.0f} % of the validation images"
        said.insert(0, f"{counted(unusual, 'image')} {verb} {how}")
    return "".join(f"; {remark}" for remark in said)


def _heat_maps(model: Model, method: str) -> Explanation:
    check_methods([method], has_gradients=has_gradients(model))
    check_maps(model, [method])
    return explain_by(method, network_of(model))


def _dicom_writer(output: Path, model: Model) -> DicomWriter:
    try:
        from radiobundle.serving.dicom_writer import DicomWriter  # noqa: PLC0415 - only the extra has highdicom
    except ImportError as error:
        raise ValueError(f"`dicom` needs {how_to_install('dicom')}: {error}") from error
    return DicomWriter(output / "dicom", model)
