"""The `radiobundle view` command: a page on which to look at a run's images, labels and predictions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from radiobundle.explain.model_network import check_maps
from radiobundle.images.kept import KeptPixels
from radiobundle.labels import Task
from radiobundle.viewing.boxes import boxes_of
from radiobundle.viewing.columns import Column, columns_of, read_label_errors
from radiobundle.viewing.content import columns_script, manifest_of
from radiobundle.viewing.encoding import write_script
from radiobundle.viewing.folder import MANIFEST, require_replaceable, view_folder
from radiobundle.viewing.heat import labels_to_explain, method_title, write_heat_maps
from radiobundle.viewing.joined import Rows, join_runs
from radiobundle.viewing.listed import Source, find_source
from radiobundle.viewing.network import NetworkInput, run_network
from radiobundle.viewing.options import ViewOptions
from radiobundle.viewing.pixels import Images
from radiobundle.viewing.runs import ViewedRun, open_runs
from radiobundle.viewing.sampling import Sample, sample_rows
from radiobundle.viewing.seen import Seen, look_at
from radiobundle.viewing.sheets import describe_sheets
from radiobundle.viewing.store import kept_pixels
from radiobundle.words import counted

_OOD = "ood_score"


def view_command(
    runs: Sequence[str],
    *,
    output: str,
    task: Task | None = None,
    datalist: str | None = None,
    dataset_dir: Sequence[str] = (),
    force: bool = False,
    options: ViewOptions | None = None,
) -> list[str]:
    """Write the page of one or several runs; return notes on what is missing, was reduced or has changed.

    Args:
        runs: folders with a predictions.csv, or such files.
        output: folder of the page; an earlier page is replaced.
        task: of the labels; None: inferred.
        datalist: to use instead of the run's.
        dataset_dir: folder of the images, instead of the run's.
        force: go on if the list has changed since, or if runs were evaluated with different labels.
        options: what the page holds.

    Raises:
        ValueError: see `open_runs`, `find_source`, `join_runs`, `view_folder`.
    """
    options = options or ViewOptions()
    require_replaceable(Path(output))
    opened = open_runs(runs, task=task)
    source = find_source(opened[0], datalist=datalist, dataset_dir=dataset_dir, force=force)
    joined, notes = join_runs(opened, source.listed, force=force)
    thresholds = [run.thresholds for run in opened]
    sample = sample_rows(joined, images=options.images, thresholds=thresholds, seed=options.seed)
    page = _Page(opened, source, joined.take(sample.rows), sample, len(joined), [*source.notes, *notes], options)
    page.write(Path(output))
    count = len(page.rows)
    print(f"{Path(output) / 'index.html'}: {counted(count, 'image')}{_sizes(Path(output), count)}")
    return page.notes


@dataclass
class _Page:
    """A page on its way to its folder; `notes` grows."""

    runs: Sequence[ViewedRun]
    source: Source
    rows: Rows
    sample: Sample
    rows_total: int
    notes: list[str]
    options: ViewOptions

    def write(self, output: Path) -> None:
        """Write the folder."""
        labels = self.rows.rule.labels
        items = self._items()
        paths = self._paths(items)
        kept = kept_pixels(self.runs[0])
        with ExitStack() as stack:
            network = self._network(stack, kept)
            seen = self._look(network, paths)
            columns = self._columns(seen)
            boxes = boxes_of(items, labels)
            tiles = Images(
                [*paths, *(Path(item["image"]) for item in seen.references)],
                len(self.rows),
                kept=kept,
                largest_side_px=self.options.largest_side_px,
                with_pixels=not self.options.thumbnails_only,
            )
            folder = stack.enter_context(view_folder(output))
            data = (folder / MANIFEST).parent
            with tqdm(total=len(tiles.paths), unit="image", desc="images", file=sys.stderr) as progress:
                tiles.write(data, progress)
            explained = self._explain(network, paths, data / "heat")
            thresholds = [run.thresholds for run in self.runs]
            scripts = {
                "columns": columns_script(self.rows, columns, thresholds=thresholds, references=seen.references),
                "boxes": boxes,
                "nearest": None if seen.neighbours is None else seen.neighbours.script(),
                "embedding": seen.maps,
            }
            for key, content in scripts.items():
                if content:
                    write_script(data / f"{key}.js", key, content)
            self.notes += [*seen.notes, *tiles.notes()]
            if network is not None and self.options.heat_maps and not explained:
                self.notes.append("no heat map could be made: no image can be read")
            missing = sum(tile < len(self.rows) for tile in tiles.missing)
            has = {
                "pixels": missing < len(self.rows) and not self.options.thumbnails_only,
                "boxes": bool(boxes),
                "heat": bool(explained),
                "nearest": seen.neighbours is not None,
                "embedding": bool(seen.maps),
                "sheets": len(tiles.missing) < len(tiles.paths),
            }
            write_script(folder / MANIFEST, "manifest", self._manifest(columns, seen, tiles, has))

    def _manifest(
        self, columns: Sequence[Column], seen: Seen, tiles: Images, has: Mapping[str, bool]
    ) -> dict[str, Any]:
        return manifest_of(
            self.runs,
            self.rows,
            self.source.listed,
            columns,
            rows_total=self.rows_total,
            sampling=self.sample.rule,
            has=has,
            heat_method=method_title(self.options.heat_maps) if self.options.heat_maps and has["heat"] else "",
            umap="umap" in seen.maps,
            embedding_note=seen.map_note,
            sheet=describe_sheets(len(tiles.paths), tiles.missing),
            references=len(seen.references),
            notes=self.notes,
        )

    def _items(self) -> list[Mapping[str, Any] | None]:
        """Return the row's items of the datalist; None where it does not have one."""
        known = {} if self.source.listed is None else self.source.listed.items
        return [known.get(name) for name in self.rows.names]

    def _paths(self, items: Sequence[Mapping[str, Any] | None]) -> list[Path | None]:
        folder = self.source.folder
        return [
            Path(item["image"]) if item is not None else None if folder is None else folder / str(name)
            for name, item in zip(self.rows.names, items, strict=True)
        ]

    def _network(self, stack: ExitStack, kept: KeptPixels | None) -> NetworkInput | None:
        """Return the network of the first run, if it is wanted and there is one."""
        if self.options.without_features and self.options.heat_maps is None:
            return None
        model = stack.enter_context(run_network(self.runs[0], device=self.options.device))
        if model is not None and self.options.heat_maps is not None:
            check_maps(model, [self.options.heat_maps])
        if model is None:
            self.notes.append(
                f"{self.runs[0].name} has no weights: no map of images, nearest training images, heat maps"
            )
        return None if model is None else NetworkInput(model, kept)

    def _look(self, network: NetworkInput | None, paths: Sequence[Path | None]) -> Seen:
        if network is None or self.options.without_features:
            return Seen()
        listed = self.source.listed
        training = [] if listed is None else listed.splits.get("training", ())
        most, seed = self.options.training_images, self.options.seed
        return look_at(network, list(self.rows.names), paths, training, most_training=most, seed=seed)

    def _explain(self, network: NetworkInput | None, paths: Sequence[Path | None], folder: Path) -> int:
        """Write heat maps, if they are wanted; return their number."""
        if network is None or self.options.heat_maps is None:
            return 0
        labels = labels_to_explain(self.rows, self.runs[0].thresholds)
        with tqdm(total=len(paths), unit="image", desc="heat maps", file=sys.stderr) as progress:
            return write_heat_maps(self.options.heat_maps, network, paths, labels, folder=folder, progress=progress)

    def _columns(self, seen: Seen) -> list[Column]:
        """Return all that is known of the rows besides labels and probabilities."""
        facts = self.rows.facts.copy()
        if self.sample.kinds is not None:
            facts["sampled"] = self.sample.kinds
        if seen.unlikeness is not None and _OOD not in facts:
            facts[_OOD] = seen.unlikeness
        if self.options.label_errors is not None:
            suspicion = read_label_errors(self.options.label_errors, np.asarray(self.rows.names))
            facts = pd.concat([facts, suspicion], axis=1)
        columns, left_out = columns_of(facts)
        self.notes += left_out
        return columns


def _sizes(folder: Path, count: int) -> str:
    """Return the size of a page and of each of its images, in words."""
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f", {total / 1e6:,.1f} MB ({total / 1e3 / count:,.1f} kB an image)"
