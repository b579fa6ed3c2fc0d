"""From a datalist to the items of one network: labels mapped, paths checked, loaders made."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from radiobundle.datalists.datalist_file import Datalist, read_datalist
from radiobundle.images.dataset import SeveralStoresDataset, StoreDataset, keep_batch
from radiobundle.images.folders import DatasetFolders, Folders, dataset_folders
from radiobundle.images.search import find_images
from radiobundle.labels import PRESENT_FROM, SPLIT_NAMES
from radiobundle.suggest import check_choice, did_you_mean
from radiobundle.training.easy_images import EasyImages, EasyImageSampler
from radiobundle.training.prefetch import PrefetchLoader
from radiobundle.training.sampling import WeightedSampler

Item = dict[str, Any]
logger = logging.getLogger("radiobundle")


def load_items(
    datalist: str | Path,
    dataset_dir: str | Path | Mapping[str, str | Path] | DatasetFolders,
    labels: Sequence[str],
    label_map: Mapping[str, str | None] | None = None,
    *,
    other_labels: str = "refuse",
) -> dict[str, list[Item]]:
    """Read a datalist for a network with the given labels.

    Args:
        datalist: path of the datalist JSON.
        dataset_dir: folder that the datalist's image paths start from; for a merged list also one for each set, see
            `dataset_folders`.
        labels: the network's labels, in the order of its outputs.
        label_map: from each datalist label to a network label, or to null for images to leave out (the second stage of
            a cascade sees infected lungs only). Without it the datalist's labels must be the network's.

        other_labels: `refuse` a datalist with labels that the network does not have, or `drop` these with a note.

    Returns:
        a list of items per split; an item holds `image` (absolute path), `label` (one 1 / 0 / -1 per network label),
        `split`, `name` (path in the datalist) and everything else that the datalist says about it.

    Raises:
        ValueError: the datalist's labels do not match; the message suggests the nearest ones.
    """
    check_choice("other_labels", other_labels, ("refuse", "drop"))
    source = read_datalist(datalist)
    if other_labels == "drop" and label_map is None:
        source = _keep_labels(source, labels)
    mapping = {label: label for label in labels} if label_map is None else dict(label_map)
    _check_labels(source.labels, mapping, labels, datalist)
    folder = dataset_folders(dataset_dir)
    return {split: _map_items(source, split, folder, mapping, labels) for split in SPLIT_NAMES}


def image_items(dataset_dir: str | Path | Mapping[str, str | Path], datalist: str | Path | None = None) -> list[Item]:
    """Unlabelled items: the images of a datalist, or every image below a folder, see `find_images`.

    Raises:
        ValueError: there is none.
    """
    folder = dataset_folders(dataset_dir)
    if datalist is not None:
        return [
            {**{key: value for key, value in item.items() if key != "label"}, **_locate(item, split, folder)}
            for split, items in read_datalist(datalist).splits.items()
            for item in items
        ]
    return [{"image": str(path), "name": name, "split": "inference"} for name, path in find_images([str(folder)])]


def train_loader(
    dataset: Dataset,
    *,
    batch_size: int,
    seed: int = 0,
    weights: Sequence[float] | None = None,
    easy: EasyImages | None = None,
    prefetch: int | None = None,
    **options: Any,
) -> DataLoader:
    """Shuffled batches; the order depends only on the seed and the epoch, so that a resumed run sees the same.

    A last, smaller batch is dropped (batch normalisation cannot learn from one image) unless it is the only one.
    Several processes share the images; `batch_size` is per process. With `weights`, one per image, images are sampled
    with replacement in proportion to them (see `sampling`). `easy` may show some images less often than others. A
    thread reads `prefetch` batches ahead (null or 0: none).

    Raises:
        ValueError: both `weights` and `easy` want to say how often an image is shown.
    """
    part: dict[str, Any] = {"num_replicas": idist.get_world_size(), "rank": idist.get_rank(), "seed": seed}
    sampler: DistributedSampler
    if easy is not None and easy.skip is not None:
        if weights is not None:
            raise ValueError("skip_easy and sampling weights (the recipe oversample) exclude each other; use one")
        sampler = EasyImageSampler(dataset, easy, **part)
    elif weights is not None:
        sampler = WeightedSampler(dataset, weights, **part)
    else:
        sampler = DistributedSampler(dataset, shuffle=True, **part)
    if prefetch:
        options["ahead"] = prefetch
    return _loader(dataset, batch_size, sampler=sampler, drop_last=len(sampler) >= batch_size, **options)


def eval_loader(dataset: Dataset, *, batch_size: int, **options: Any) -> DataLoader:
    """Batches of every image once, in the order of the data; several processes take every n-th, none twice."""
    count = len(dataset)  # type: ignore[arg-type]
    part = range(idist.get_rank(), count, idist.get_world_size())
    return _loader(dataset, batch_size, sampler=part, **options)


def _loader(dataset: Dataset, batch_size: int, **options: Any) -> DataLoader:
    if isinstance(dataset, (StoreDataset, SeveralStoresDataset)):
        options.setdefault("collate_fn", keep_batch)
    # Pinned memory is what lets the copy to a GPU run beside its computing.
    kind = PrefetchLoader if "ahead" in options else DataLoader
    return kind(dataset, batch_size=batch_size, pin_memory=torch.cuda.is_available(), **options)


def _keep_labels(source: Datalist, labels: Sequence[str]) -> Datalist:
    """Return a datalist of independent labels without those that the network does not have."""
    kept = [index for index, label in enumerate(source.labels) if label in labels]
    dropped = [label for label in source.labels if label not in labels]
    if not dropped or source.task == "multiclass":
        return source
    logger.info("the datalist's labels %s are not labels of the network and are dropped", ", ".join(dropped))
    splits = {
        split: [{**item, "label": [item["label"][index] for index in kept]} for item in items]
        for split, items in source.splits.items()
    }
    return replace(source, labels=tuple(source.labels[index] for index in kept), splits=splits)


def _map_items(
    source: Datalist, split: str, folder: Folders, mapping: Mapping[str, str | None], labels: Sequence[str]
) -> list[Item]:
    target = [labels.index(name) if (name := mapping[label]) is not None else -1 for label in source.labels]
    items = []
    for item in source.splits.get(split, []):
        merged = _merge(item["label"], target, len(labels))
        if merged is not None:
            items.append({**item, "label": merged, **_locate(item, split, folder)})
    return items


def _locate(item: Item, split: str, folder: Folders) -> Item:
    return {"image": str(folder / item["image"]), "name": item["image"], "split": split}


def _merge(values: Sequence[float], target: Sequence[int], count: int) -> list[float] | None:
    """A network label is 1 if any of its datalist labels is, else unknown if one is unknown, else the largest of them.

    None: the image is left out, because a label is present that maps to no network label.
    """
    merged: list[float] = [0] * count
    for value, column in zip(values, target, strict=True):
        if column < 0:
            if value >= PRESENT_FROM:
                return None
        elif value == 1 or (merged[column] != 1 and (value < 0 or 0 <= merged[column] < value)):
            merged[column] = value
    return merged


def _check_labels(
    found: Sequence[str], mapping: Mapping[str, str | None], labels: Sequence[str], datalist: str | Path
) -> None:
    for label in found:
        if label not in mapping:
            raise ValueError(
                f"{datalist} has label '{label}', which the bundle does not have{did_you_mean(label, mapping)}; "
                f"the bundle's labels are {list(labels)}: use its datalist, or map labels with a label_map"
                f"{_yes_or_no(found, labels)}"
            )
    for label in mapping:
        if label not in found:
            hint = did_you_mean(label, found)
            raise ValueError(
                f"{datalist} lacks the bundle's label '{label}'{hint}; its labels are {list(found)}"
                f"{_yes_or_no(found, labels)}"
            )
    for target in mapping.values():
        if target is not None and target not in labels:
            raise ValueError(f"label_map names '{target}', not one of {list(labels)}{did_you_mean(target, labels)}")
    if unused := set(labels) - set(mapping.values()):
        raise ValueError(f"no datalist label maps to {sorted(unused)}; every network label needs one")


def _yes_or_no(found: Sequence[str], labels: Sequence[str]) -> str:
    """Return a hint if one side has a single yes-or-no label and the other two classes."""
    if {len(found), len(labels)} != {1, 2}:
        return ""
    single, pair = sorted((found, labels), key=len)
    return (
        f". One label that is yes or no ('{single[0]}') is task multilabel with one output, two classes "
        f"({', '.join(pair)}) are task multiclass with two: use the same kind for list and bundle"
    )
