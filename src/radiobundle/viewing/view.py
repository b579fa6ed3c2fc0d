"""The `radiobundle view` command: a page on which to look at a run's images, labels and predictions."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from radiobundle.labels import Task
from radiobundle.viewing.boxes import boxes_of
from radiobundle.viewing.columns import columns_of, read_label_errors
from radiobundle.viewing.content import columns_script, manifest_of
from radiobundle.viewing.encoding import write_script
from radiobundle.viewing.folder import MANIFEST, require_replaceable, view_folder
from radiobundle.viewing.joined import Rows, join_runs
from radiobundle.viewing.listed import Source, find_source
from radiobundle.viewing.pixels import Images
from radiobundle.viewing.runs import open_runs
from radiobundle.viewing.sampling import Sample, sample_rows
from radiobundle.viewing.sheets import describe_sheets
from radiobundle.viewing.store import kept_pixels
from radiobundle.words import counted

MOST_IMAGES = 10_000
LARGEST_SIDE_PX = 1024


def view_command(
    runs: Sequence[str],
    *,
    output: str,
    images: int = MOST_IMAGES,
    seed: int = 0,
    task: Task | None = None,
    datalist: str | None = None,
    dataset_dir: Sequence[str] = (),
    largest_side_px: int = LARGEST_SIDE_PX,
    thumbnails_only: bool = False,
    label_errors: str | None = None,
    force: bool = False,
) -> tuple[int, list[str]]:
    """Write the page of one or several runs; return its exit status and notes.

    Args:
        runs: folders with a predictions.csv, or such files.
        output: folder of the page; an earlier page is replaced.
        images: to show at most, see `sample_rows`.
        seed: of the sample.
        task: of the labels; None: inferred.
        datalist: to use instead of the run's.
        dataset_dir: folder of the images, instead of the run's.
        largest_side_px: of full pixels; larger images are reduced.
        thumbnails_only: leave full pixels out.
        label_errors: table of `radiobundle label-errors`.
        force: go on if the list has changed since, or if runs were evaluated with different labels.

    Raises:
        ValueError: see `open_runs`, `find_source`, `join_runs`, `view_folder`.
    """
    if largest_side_px < 1:
        raise ValueError(f"`largest_side_px` {largest_side_px}: must be positive")
    require_replaceable(Path(output))
    opened = open_runs(runs, task=task)
    source = find_source(opened[0], datalist=datalist, dataset_dir=dataset_dir, force=force)
    joined, notes = join_runs(opened, source.listed, force=force)
    sample = sample_rows(joined, images=images, thresholds=[run.thresholds for run in opened], seed=seed)
    rows = joined.take(sample.rows)
    columns, left_out = columns_of(_facts(rows, sample, label_errors))
    items = _items(rows, source)
    boxes = boxes_of(items, rows.rule.labels)
    tiles = Images(
        _paths(rows, items, source),
        len(rows),
        kept=kept_pixels(opened[0]),
        largest_side_px=largest_side_px,
        with_pixels=not thumbnails_only,
    )
    with view_folder(output) as folder:
        data = (folder / MANIFEST).parent
        with tqdm(total=len(tiles.paths), unit="image", desc="writing", file=sys.stderr) as progress:
            tiles.write(data, progress)
        shown = len(rows) - sum(row < len(rows) for row in tiles.missing)
        notes = [*source.notes, *notes, *left_out, *tiles.notes()]
        write_script(data / "columns.js", "columns", columns_script(rows, columns, []))
        if boxes:
            write_script(data / "boxes.js", "boxes", boxes)
        has = {
            "pixels": bool(shown) and not thumbnails_only, "boxes": bool(boxes), "heat": False, "nearest": False,
            "embedding": False, "sheets": bool(shown),
        }  # fmt: skip
        manifest = manifest_of(
            opened,
            rows,
            source.listed,
            columns,
            rows_total=len(joined),
            sampling=sample.rule,
            has=has,
            heat_method="",
            umap=False,
            embedding_note="",
            sheet=describe_sheets(len(tiles.paths), tiles.missing),
            references=0,
            notes=notes,
        )
        write_script(folder / MANIFEST, "manifest", manifest)
    print(f"{Path(output) / 'index.html'}: {counted(len(rows), 'image')}{_sizes(Path(output), len(rows))}")
    return 0, notes


def _facts(rows: Rows, sample: Sample, label_errors: str | None) -> pd.DataFrame:
    """Return all that is known of the rows besides labels and probabilities."""
    facts = rows.facts.copy()
    if sample.kinds is not None:
        facts["sampled"] = sample.kinds
    if label_errors is not None:
        facts = pd.concat([facts, read_label_errors(label_errors, rows.names)], axis=1)
    return facts


def _items(rows: Rows, source: Source) -> list[Mapping[str, Any] | None]:
    known = {} if source.listed is None else source.listed.items
    return [known.get(name) for name in rows.names]


def _paths(rows: Rows, items: Sequence[Mapping[str, Any] | None], source: Source) -> list[Path | None]:
    paths: list[Path | None] = []
    for name, item in zip(rows.names, items, strict=True):
        if item is not None:
            paths.append(Path(item["image"]))
        else:
            paths.append(None if source.folder is None else source.folder / str(name))
    return paths


def _sizes(folder: Path, count: int) -> str:
    """Return the size of a page and of each of its images, in words."""
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f", {total / 1e6:,.1f} MB ({total / 1e3 / count:,.1f} kB an image)"
