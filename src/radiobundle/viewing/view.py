"""The `radiobundle view` command: a page on which to look at a run's images, labels and predictions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
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
from radiobundle.viewing.pixels import FROM_STORE, MISSING, Images
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
        facts = self._facts()
        with ExitStack() as stack:
            network = self._network(stack)
            seen = self._look(network)
            columns = self._columns(facts, seen)
            folder = stack.enter_context(view_folder(output))
            data = (folder / MANIFEST).parent
            images = self._write_images(data, seen)
            explained = self._explain(network, data / "heat")
            self._write_scripts(data, columns, seen)
            self.notes += [*seen.notes, *images.notes()]
            if self.boxes and images.counts[FROM_STORE]:
                self.notes.append(
                    "boxes may not fit images whose files are gone or damaged: the network's reader may have cropped "
                    "them"
                )
            if network is not None and self.options.heat_maps and not explained:
                self.notes.append("no heat map could be made: no image can be read")
            has = {
                "pixels": images.counts[MISSING] < len(self.rows) and not self.options.thumbnails_only,
                "boxes": bool(self.boxes),
                "heat": bool(explained),
                "nearest": seen.neighbours is not None,
                "embedding": bool(seen.maps),
                "sheets": len(images.missing) < len(images.paths),
            }
            manifest = manifest_of(
                self.runs,
                self.rows,
                self.source.listed,
                columns,
                rows_total=self.rows_total,
                sampling=self.sample.rule,
                has=has,
                heat_method=method_title(self.options.heat_maps) if self.options.heat_maps and explained else "",
                umap="umap" in seen.maps,
                embedding_note=seen.map_note,
                sheet=describe_sheets(len(images.paths), images.missing),
                references=len(seen.references),
                notes=self.notes,
            )
            write_script(folder / MANIFEST, "manifest", manifest)

    @cached_property
    def items(self) -> list[Mapping[str, Any] | None]:
        """The rows' items of the datalist; None where it does not have one."""
        known = {} if self.source.listed is None else self.source.listed.items
        return [known.get(name) for name in self.rows.names]

    @cached_property
    def paths(self) -> list[Path | None]:
        """The rows' files; None where nobody knows."""
        folder = self.source.folder
        return [
            Path(item["image"]) if item is not None else None if folder is None else folder / str(name)
            for name, item in zip(self.rows.names, self.items, strict=True)
        ]

    @cached_property
    def kept(self) -> KeptPixels | None:
        """What the store of the first run holds."""
        return kept_pixels(self.runs[0])

    @cached_property
    def boxes(self) -> dict[str, list[dict[str, Any]]]:
        """The rows' boxes."""
        return boxes_of(self.items, self.rows.rule.labels)

    def _write_images(self, data: Path, seen: Seen) -> Images:
        images = Images(
            [*self.paths, *(Path(item["image"]) for item in seen.references)],
            len(self.rows),
            kept=self.kept,
            largest_side_px=self.options.largest_side_px,
            with_pixels=not self.options.thumbnails_only,
        )
        with tqdm(total=len(images.paths), unit="image", desc="images", file=sys.stderr) as progress:
            images.write(data, progress)
        return images

    def _write_scripts(self, data: Path, columns: Sequence[Column], seen: Seen) -> None:
        thresholds = [run.thresholds for run in self.runs]
        scripts = {
            "columns": columns_script(self.rows, columns, thresholds=thresholds, references=seen.references),
            "boxes": self.boxes,
            "nearest": None if seen.neighbours is None else seen.neighbours.script(),
            "embedding": seen.maps,
        }
        for key, content in scripts.items():
            if content:
                write_script(data / f"{key}.js", key, content)

    def _network(self, stack: ExitStack) -> NetworkInput | None:
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
        return None if model is None else NetworkInput(model, self.kept)

    def _look(self, network: NetworkInput | None) -> Seen:
        if network is None or self.options.without_features:
            return Seen()
        listed = self.source.listed
        training = [] if listed is None else listed.splits.get("training", ())
        most, seed = self.options.training_images, self.options.seed
        return look_at(network, list(self.rows.names), self.paths, training, most_training=most, seed=seed)

    def _explain(self, network: NetworkInput | None, folder: Path) -> int:
        """Write heat maps, if they are wanted; return their number."""
        if network is None or self.options.heat_maps is None:
            return 0
        labels = labels_to_explain(self.rows, self.runs[0].thresholds)
        with tqdm(total=len(labels), unit="image", desc="heat maps", file=sys.stderr) as progress:
            return write_heat_maps(
                self.options.heat_maps, network, self.paths, labels, folder=folder, progress=progress
            )

    def _facts(self) -> pd.DataFrame:
        """Return what is known of the rows besides labels and probabilities, without their network."""
        facts = self.rows.facts.copy()
        if self.sample.kinds is not None:
            facts["sampled"] = self.sample.kinds
        if self.options.label_errors is not None:
            suspicion = read_label_errors(self.options.label_errors, np.asarray(self.rows.names))
            facts = pd.concat([facts, suspicion], axis=1)
        return facts

    def _columns(self, facts: pd.DataFrame, seen: Seen) -> list[Column]:
        if seen.unlikeness is not None and _OOD not in facts:
            facts = facts.assign(**{_OOD: seen.unlikeness})
        columns, left_out = columns_of(facts)
        self.notes += left_out
        return columns


def _sizes(folder: Path, count: int) -> str:
    """Return the size of a page and of each of its images, in words."""
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f", {total / 1e6:,.1f} MB ({total / 1e3 / count:,.1f} kB an image)"
