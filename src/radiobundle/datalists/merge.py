"""Merge two datalists without marking labels as absent that a set lacks, and without mixing their patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from radiobundle import __version__
from radiobundle.datalists.balance import count_labels, measure_balance
from radiobundle.datalists.datalist_file import Datalist, datalist_checksum
from radiobundle.datalists.label_mapping import LabelMapping, shipped_mapping
from radiobundle.datalists.survey import Survey, existing_images, survey_images
from radiobundle.images.folders import Folders
from radiobundle.labels import IGNORED, SPLIT_NAMES, hard_labels
from radiobundle.sources.linked_rows import linked_groups
from radiobundle.sources.studies import study_keys
from radiobundle.suggest import did_you_mean

MERGED = "merge"  # the source of a merged list
SOURCE = "source"  # the group that tells its sets apart
_HELD_OUT_FIRST = ("test", "validation", "training")


@dataclass(frozen=True)
class Merge:
    """A merged datalist, findings on the image files (None: they were not read), and notes for the user."""

    datalist: Datalist
    survey: Survey | None
    notes: list[str]


@dataclass(frozen=True)
class _Part:
    """One of the lists, the name of its set, and the name of each label in the result (None: left out)."""

    name: str
    datalist: Datalist
    targets: list[str | None]

    @property
    def is_merged(self) -> bool:
        """Whether it is the result of a merge itself, and keeps its names."""
        return bool(self.datalist.provenance.get("source") == MERGED)


def merge_datalists(
    lists: Sequence[Datalist],
    *,
    names: Sequence[str],
    mapping: LabelMapping | None = None,
    labels: Sequence[str] | str = "all",
    folders: Folders | None = None,
) -> Merge:
    """Merge two datalists, split by split.

    Image names, patient and study ids begin with the name of their set, which is also kept as the group `source`. A
    label that a set lacks is ignored on its images. A patient with a copy of an image in the other set stays in
    one split, the most held-out one; the patient's other images are left out and counted.

    Args:
        lists: two.
        names: of the sets; a merged list keeps the names it has.
        mapping: of labels; default: the one that ships for these sources, if any.
        labels: `all`, `shared`, or names: those of the result.
        folders: where the images are, to search for copies; None: it is not searched.

    Raises:
        ValueError: no label is shared, a label is mapped twice or unknown, the tasks differ, names clash, or images are
            missing or unreadable.
    """
    if len(lists) != 2 or len(set(names)) < 2:
        raise ValueError(f"the two lists must have different names, got {', '.join(names)}; name them with `names`")
    if odd := [name for name in names if not name or "/" in name or name in (".", "..")]:
        raise ValueError(f"`names`: '{odd[0]}' cannot be used in the names of images; use plain words")
    _refuse_one_source(lists, names)
    if mapping is not None:
        at = mapping.source_of([found.labels for found in lists])
        mapping.check_targets(lists[1 - at].labels)
        mapped: int | None = at
    else:
        mapping, mapped = shipped_mapping([str(found.provenance.get("source")) for found in lists])
    targets: list[list[str | None]] = [list(found.labels) for found in lists]
    if mapping is not None and mapped is not None:
        mapping.check(lists[mapped].labels)
        targets[mapped] = [mapping.target(label) for label in lists[mapped].labels]
    parts = [_Part(*part) for part in zip(names, lists, targets, strict=True)]
    chosen = _choose_labels(parts, labels, first=1 if mapped == 0 else 0)
    _check_tasks(parts)
    rows = [
        (part.name, split, item)
        for part in parts
        for split, items in _namespaced(part, chosen).items()
        for item in items
    ]
    table = pd.DataFrame(rows, columns=["part", "split", "item"])
    images = table["item"].map(lambda item: item["image"])
    if images.duplicated().any():
        raise ValueError(f"both lists hold {images[images.duplicated()].iloc[0]}; name the sets with `names`")
    survey = None if folders is None else _survey(folders, images)
    keeps, told = _keep_apart(table, survey)
    splits: dict[str, list[Any]] = {
        split: table["item"][keeps & (table["split"] == split)].tolist() for split in SPLIT_NAMES
    }
    values = np.array([item["label"] for item in table["item"][keeps]], dtype=float).reshape(-1, len(chosen))
    masked = {
        label: lacking for label in chosen if (lacking := [part.name for part in parts if label not in part.targets])
    }
    provenance = {
        "radiobundle_version": __version__,
        "source": MERGED,
        "merged": {part.name: _described(part.datalist) for part in parts},
        "mapping": None if mapping is None else {"name": mapping.name, "of": names[mapped or 0], **mapping.targets},
        "masked": masked,
        "copies_searched_for": survey is not None,
        **told,
        "counts": count_labels(splits, chosen),
        "balance": measure_balance(values, table["split"][keeps].to_numpy(), chosen),
        "rows_read": len(table),
        "images_left_out": {"patient, or a copy, held out in the other set": int((~keeps).sum())},
    }
    merged = Datalist(chosen, lists[0].task, splits, provenance)
    notes = [] if mapping is None else [f"labels of {names[mapped or 0]} are mapped by {mapping.name}"]
    notes += [note for part in parts for note in _renamed_columns(part)]
    if held := int((~keeps).sum()):
        notes.append(f"{held} images left out: their patient, or a copy, is in a held-out split of the other set")
    notes += [f"{label}: {', '.join(sets)} has no such label; ignored on its images" for label, sets in masked.items()]
    notes += [note for part in parts for note in _left_out(part, chosen)]
    if survey is None:
        notes.append("WARNING: copies across the sets were not searched for; name their folders with `dataset_dir`")
    return Merge(merged, survey, notes)


def _choose_labels(parts: Sequence[_Part], wanted: Sequence[str] | str, *, first: int) -> tuple[str, ...]:
    """Return the labels of the result, those of the list that was not mapped first."""
    known = [[label for label in dict.fromkeys(part.targets) if label is not None] for part in parts]
    shared = [label for label in known[first] if label in known[1 - first]]
    if not shared:
        raise ValueError(
            f"the two lists share no label ({', '.join(known[0][:3])} ...; {', '.join(known[1][:3])} ...); state "
            "with `mapping` what the labels of one set are called in the other"
        )
    every = list(dict.fromkeys([*known[first], *known[1 - first]]))
    if wanted in (["all"], "all"):
        return tuple(every)
    if wanted in (["shared"], "shared"):
        return tuple(shared)
    for label in wanted:
        if label not in every:
            raise ValueError(f"`labels`: neither list has '{label}'{did_you_mean(label, every)}")
    return tuple(dict.fromkeys(wanted))


def _check_tasks(parts: Sequence[_Part]) -> None:
    tasks = {part.datalist.task for part in parts}
    if len(tasks) > 1:
        told = ", ".join(f"{part.name} is {part.datalist.task}" for part in parts)
        raise ValueError(f"{told}; only lists with the same task can be merged")
    if tasks == {"multiclass"} and len({frozenset(part.targets) for part in parts}) > 1:
        raise ValueError("the classes of the two lists differ; exclusive classes must be the same")


def _namespaced(part: _Part, labels: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """Return the items of a list by split, under its own name and with the labels of the result."""
    columns = [[index for index, target in enumerate(part.targets) if target == label] for label in labels]
    called = dict(zip(part.datalist.labels, part.targets, strict=True))

    def renamed(item: dict[str, Any]) -> dict[str, Any]:
        label = [_either([item["label"][index] for index in indices]) for indices in columns]
        if "boxes" in item:
            boxes = [{**box, "label": called.get(box["label"]) or box["label"]} for box in item["boxes"]]
            item = {**item, "boxes": boxes}
        if part.is_merged:
            return {**item, "label": label}
        found = {**item, "image": f"{part.name}/{item['image']}", "label": label, SOURCE: part.name}
        if SOURCE in item:
            found[f"{SOURCE}_of_{part.name}"] = item[SOURCE]
        found |= {key: f"{part.name}:{ids[item['image']]}" for key, ids in keys.items() if item["image"] in ids}
        return found

    keys = {} if part.is_merged else _unique_ids(part.datalist)
    return {split: [renamed(item) for item in part.datalist.splits.get(split, [])] for split in SPLIT_NAMES}


def _unique_ids(datalist: Datalist) -> dict[str, dict[str, str]]:
    """Return patient and study by image; study ids that start again for each patient include the patient."""
    table = pd.DataFrame(datalist.items, columns=["image", "patient_id", "study_id"], dtype=object).set_index("image")
    table["study_id"], _ = study_keys(table["patient_id"], table["study_id"])
    return {
        key: {str(image): str(value).replace("\x1f", "/") for image, value in table[key].dropna().items()}
        for key in ("patient_id", "study_id")
    }


def _renamed_columns(part: _Part) -> list[str]:
    """Return notes on facts of a list that had the name of the group `source`."""
    own = sum(SOURCE in item for item in part.datalist.items)
    if not own or part.is_merged:
        return []
    return [f"{part.name}: its own column '{SOURCE}' ({own} images) is now '{SOURCE}_of_{part.name}'"]


def _refuse_one_source(lists: Sequence[Datalist], names: Sequence[str]) -> None:
    """Refuse to give one set two names, which would split each of its patients in two."""
    sets = [_files_of(found.provenance, name) for found, name in zip(lists, names, strict=True)]
    for name, files in sets[0].items():
        for other, others in sets[1].items():
            if name != other and (same := sorted(files & others)):
                raise ValueError(
                    f"'{name}' and '{other}' were made from the same table ({same[0][0]}), so their patients are the "
                    "same; make a single list from it"
                )


def _files_of(provenance: dict[str, Any], name: str) -> dict[str, set[tuple[str, str]]]:
    """Return name -> source files, with their SHA-256, of the sets in a list."""
    if "merged" in provenance:
        return {key: files for own, part in provenance["merged"].items() for key, files in _files_of(part, own).items()}
    return {name: set(provenance.get("source_files", {}).items())}


def _either(values: list[float]) -> float:
    """Return one label for several that map to it: the largest, or unknown if the largest may be unknown."""
    if not values:
        return IGNORED
    largest, least = max(values), min(values)
    return largest if largest == 1 or least >= 0 else least


def _survey(folders: Folders, images: pd.Series) -> Survey:
    present = existing_images(folders, images)
    if not present.all():
        first = images[~present].iloc[0]
        raise ValueError(
            f"{folders / first}: no such file ({(~present).sum()} of {len(images)} images are missing); correct "
            "`dataset_dir`, or leave it out to skip the search for copies"
        )
    survey = survey_images(folders, images.tolist())
    if survey.broken:
        name, reason = next(iter(survey.broken.items()))
        raise ValueError(f"{folders / name}: {reason} ({len(survey.broken)} of {len(images)} images)")
    return survey


def _keep_apart(table: pd.DataFrame, survey: Survey | None) -> tuple[np.ndarray, dict[str, Any]]:
    """Return which rows are kept (bool), and the counts for the provenance."""
    images, patients = (table["item"].map(lambda item, key=key: item.get(key)) for key in ("image", "patient_id"))
    of_both = [] if survey is None else survey.link_keys(images)
    across = [key.where(table["part"].groupby(key).transform("nunique") > 1) for key in (patients, *of_both)]
    groups = linked_groups(len(table), [patients, *across])
    is_shared = np.isin(groups, groups[np.logical_or.reduce([key.notna() for key in across])])
    rank = table["split"].map(_HELD_OUT_FIRST.index)
    keeps = ~is_shared | (rank == rank.groupby(groups).transform("min")).to_numpy()
    told: dict[str, Any] = {"patients_in_both": int(across[0].nunique()), "left_out": images[~keeps].tolist()}
    if survey is not None:
        copies = sum(int(key.nunique()) for key in across[1:])
        told |= {"copies_across_sets": copies, "images_compared": survey.compared}
    return keeps, told


def _described(found: Datalist) -> dict[str, Any]:
    kept = ("source", "source_files", "policy", "hierarchy", "split", "seed", "merged", "mapping")
    told = {key: found.provenance[key] for key in kept if key in found.provenance}
    return {"sha256": datalist_checksum(found), "labels": list(found.labels), **told}


def _left_out(part: _Part, chosen: tuple[str, ...]) -> list[str]:
    """Return notes on labels that are not in the result, and on how many images show one of them."""
    gone = [index for index, target in enumerate(part.targets) if target not in chosen]
    if not gone:
        return []
    items = part.datalist.items
    shown = (hard_labels([item["label"] for item in items])[:, gone] == 1).any(axis=1).sum()
    names = ", ".join(part.datalist.labels[index] for index in gone)
    return [f"{part.name}: {names} left out; {shown} of its {len(items)} images show one of them"]
