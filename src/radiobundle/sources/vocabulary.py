"""The names that several sources share for one finding: ChestX-ray14's, and CheXpert's for what that lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiobundle.sources.label_values import check_wanted
from radiobundle.sources.name_file import read_names
from radiobundle.words import counted

_SHIPPED = Path(__file__).parents[1] / "templates" / "vocabularies"
OWN = "own"
_SHOWN = 5


@dataclass(frozen=True)
class Findings:
    """Label columns made of lists of findings.

    Args:
        columns: 1 where an image has a finding of the label, 0 where not, by label.
        labels: their names.
        notes: which findings are no label, for the user.
    """

    columns: dict[str, pd.Series]
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def read_vocabulary(source: str, vocabulary: str | Path | None) -> dict[str, tuple[str, ...]] | None:
    """Return the common names of each of a source's findings.

    Args:
        source: whose vocabulary ships.
        vocabulary: a JSON file from the source's names to others: one, a list of them (a hydropneumothorax is an
            effusion too) or null (no label); "own": its own names are kept; None: the one that ships.

    Returns:
        common names by own name; None: own names are kept.

    Raises:
        ValueError: the file is missing or maps no names.
    """
    if vocabulary == OWN:
        return None
    path = _SHIPPED / f"{source}.json" if vocabulary is None else Path(vocabulary)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; `vocabulary` is a JSON file from the source's names to yours, or own")
    names = read_names(path, what="the source's findings to your labels", several=True)
    return {
        own: (common,) if isinstance(common, str) else tuple(common)
        for own, common in names.items()
        if common is not None
    }


def label_findings(
    found: pd.Series,
    *,
    vocabulary: Mapping[str, Sequence[str]] | None,
    labels: Sequence[str],
    passed_over: Collection[str] = (),
) -> Findings:
    """Turn each image's list of findings into label columns.

    Args:
        found: collections of names, one for each image.
        vocabulary: common names by own name; None: own names are the labels.
        labels: that are wanted, in this order; none: all of the vocabulary.
        passed_over: names that are no finding, such as `normal`.

    Raises:
        ValueError: a label is unknown or named twice, or own names are kept and no label is named.

    >>> lists = pd.Series([["nodule"], ["multiple nodules", "scar"], []])
    >>> made = label_findings(lists, vocabulary={"nodule": ["Nodule"], "multiple nodules": ["Nodule"]}, labels=[])
    >>> made.columns["Nodule"].tolist(), made.notes
    ([1, 1, 0], ('1 finding without a label here: scar (1 image)',))
    """
    counts = Counter(name for names in found for name in set(names) if name not in passed_over)
    names_of = {own: (own,) for own in sorted(counts)} if vocabulary is None else vocabulary
    common = dict.fromkeys(name for names in names_of.values() for name in names)
    check_wanted(labels, common)
    if vocabulary is None and not labels:
        raise ValueError(
            f"`vocabulary` own: there are {counted(len(common), 'finding')}; name those to learn by `labels`"
        )
    wanted = tuple(labels) or tuple(common)
    present = [{common for name in names for common in names_of.get(name, ())} for names in found]
    columns = {
        label: pd.Series([label in names for names in present], index=found.index).astype(np.int8) for label in wanted
    }
    unused = [(name, count) for name, count in counts.most_common() if not set(names_of.get(name, ())) & set(wanted)]
    return Findings(columns, wanted, _unused_note(unused))


def _unused_note(unused: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    if not unused:
        return ()
    shown = ", ".join(f"{name} ({counted(count, 'image')})" for name, count in unused[:_SHOWN])
    more = f", and {len(unused) - _SHOWN} more" if len(unused) > _SHOWN else ""
    return (f"{counted(len(unused), 'finding')} without a label here: {shown}{more}",)
