"""The `radiobundle explain` command: where a network looks, its filters, and its feature maps."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from radiobundle.explain.methods import DEFAULT, METHODS, check_methods
from radiobundle.explain.model_network import check_maps, has_gradients, input_of, network_of
from radiobundle.extras import how_to_install
from radiobundle.files import replacing_folder, write_text
from radiobundle.images.search import Passed, search_images
from radiobundle.models.load import open_model
from radiobundle.models.model import Model
from radiobundle.serving.decode import DecodedBatch, decode_batches, failure_of
from radiobundle.serving.explain_page import explain_page
from radiobundle.serving.explained import Explainer, choose_rows, find_labels
from radiobundle.serving.inner_views import InnerViews
from radiobundle.serving.raw_maps import can_write_nifti
from radiobundle.serving.results import Failure
from radiobundle.serving.table import tabulate
from radiobundle.words import counted

TABLE, FAILED, PAGE = "explain.csv", "failed.csv", "index.html"
RESULTS = {TABLE, FAILED, PAGE, "figures", "maps", "filters", "features", "tensorboard"}
BATCH = 16


def explain_command(
    model: str,
    inputs: Sequence[str],
    *,
    output: str,
    methods: Sequence[str] = (),
    labels: Sequence[str] = (),
    layers: Sequence[str] = (),
    filters: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    device: str | None = None,
    precision: str = "auto",
    overwrite: bool = False,
) -> int:
    """Explain every image; return 1 when some failed (they are in `failed.csv`), else 0.

    Args:
        model: as `open_model` takes it.
        inputs: as `search_images` takes them.
        output: folder; it appears when everything is done.
        methods: names in `METHODS`; none: Grad-CAM, or occlusion for an exported network.
        labels: names or indices; none: the predicted ones, else the most probable one.
        layers: for methods that use a layer; none: chosen automatically.
        filters: convolutions whose filters are shown; empty: the first one; None: none.
        features: layers whose maps are shown; empty: the last one of each map size; None: none.
        device: device of the network.
        precision: precision of the predictions; heat maps are computed in float32.
        overwrite: replace earlier results.
    """
    with open_model(model, device=device, precision=precision) as loaded:
        able = has_gradients(loaded)
        chosen = list(dict.fromkeys(methods)) or [DEFAULT if able else "occlusion"]
        check_methods(chosen, layer=next(iter(layers), None), has_gradients=able)
        names = find_labels(labels, loaded.labels)
        check_maps(loaded, chosen, layers)
        views = InnerViews.of(loaded, filters=filters, features=features)
        passed = Passed()
        total = sum(1 for _ in search_images(inputs, passed))
        _require_replaceable(Path(output), overwrite=overwrite)
        with replacing_folder(output) as folder:
            rows = choose_rows(network_of(loaded), chosen, layers)
            explainer = Explainer(loaded, rows, names, folder, can_write_nifti())
            views.show_filters(folder)
            work = _Work(loaded, explainer, views, folder)
            with tqdm(total=total, unit="image", desc="explaining", file=sys.stderr) as progress:
                for batch in decode_batches(search_images(inputs), loaded, batch_size=BATCH):
                    for done in work.do(batch):
                        progress.update(done)
            work.finish()
    said = "" if explainer.nifti else f"; no NIfTI, which needs {how_to_install('formats')}"
    said += f"; {len(work.failures)} failed: {FAILED}" if work.failures else ""
    said += f"; {passed.summary()}" if passed.summary() else ""
    count = total - len({failure.image for failure in work.failures})
    by = ", ".join(METHODS[name].title for name in chosen)
    print(f"{output}/{TABLE}: {counted(count, 'image')} by {by}, see {output}/{PAGE}{said}")
    return int(bool(work.failures))


class _Work:
    """What is done with each batch of images."""

    def __init__(self, model: Model, explainer: Explainer, views: InnerViews, folder: Path) -> None:
        self.model, self.explainer, self.views, self.folder = model, explainer, views, folder
        self.rows: list[dict[str, object]] = []
        self.failures: list[Failure] = []

    def do(self, batch: DecodedBatch) -> Iterator[int]:
        """Explain a batch; yield how many more images are done."""
        self.failures += batch.failures
        yield len(batch.failures)
        if not batch.images:
            return
        pixels = batch.pixels
        table = tabulate(self.model, [decoded.name for decoded in batch.images], self.model.answer(pixels))
        for position, decoded in enumerate(batch.images):
            image = input_of(self.model, pixels[position : position + 1])
            try:
                self.rows += self.explainer.explain(table.iloc[position], decoded.path, image)
                self.views.show_features(decoded.name, image, self.folder)
            except Exception as error:  # of any library that reads or draws
                self.failures.append(failure_of(decoded.name, "explanation", error))
            yield 1

    def finish(self) -> None:
        """Write the tables and the page."""
        self.views.close()
        table = pd.DataFrame(self.rows)
        table.to_csv(self.folder / TABLE, index=False)
        if self.failures:
            pd.DataFrame(self.failures, columns=Failure._fields).to_csv(self.folder / FAILED, index=False)
        write_text(self.folder / PAGE, explain_page(table, self.model, self.folder, failures=self.failures))


def _require_replaceable(folder: Path, *, overwrite: bool) -> None:
    """Raise ValueError if something is in the way that is no earlier result, or may not be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not overwrite:
        raise ValueError(f"{folder} already exists; name another folder or give `overwrite`")
    if not (folder / TABLE).is_file():
        raise ValueError(f"{folder} holds files that explain did not write; name another folder")
    if others := sorted({path.name for path in folder.iterdir()} - RESULTS):
        raise ValueError(f"{folder} also holds {', '.join(others)}, which explain did not write; move it elsewhere")
