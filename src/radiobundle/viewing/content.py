"""What the scripts of a page say: its manifest and its columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from radiobundle import __version__
from radiobundle.files import file_sha256
from radiobundle.viewing.columns import Column
from radiobundle.viewing.encoding import packed_array
from radiobundle.viewing.joined import Rows
from radiobundle.viewing.listed import Listed
from radiobundle.viewing.precision import single_precision
from radiobundle.viewing.runs import ViewedRun, describe

FORMAT = 1  # of the scripts, for the page


def manifest_of(
    runs: Sequence[ViewedRun], rows: Rows, listed: Listed | None, columns: Sequence[Column], **more: Any
) -> dict[str, Any]:
    """Return the manifest.

    Args:
        runs: of the page.
        rows: that are shown.
        listed: the datalist.
        columns: to filter and sort by.
        more: all further entries.
    """
    checksums = [*(file_sha256(run.file) for run in runs), "" if listed is None else listed.sha256]
    return {
        "format": FORMAT,
        "title": " and ".join(run.name for run in runs),
        "written_by": f"radiobundle {__version__}",
        "id": hashlib.sha256("\n".join(checksums).encode()).hexdigest(),
        "task": rows.rule.task,
        "labels": list(rows.rule.labels),
        "runs": [describe(run) for run in runs],
        "rows": len(rows),
        "columns": [column.describe() for column in columns],
        "list_sha256": checksums[-1],
        "datalist_name": "" if listed is None else listed.path.name,
        **more,
    }


def columns_script(
    rows: Rows,
    columns: Sequence[Column],
    *,
    thresholds: Sequence[np.ndarray | None],
    references: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return names, labels, probabilities and columns of all rows, and what is known of training images.

    Args:
        rows: that are shown.
        columns: of them.
        thresholds: of each run, (labels,); None: 0.5, or the most probable class.
        references: items of training images.
    """
    labels = len(rows.rule.labels)
    truth = np.array([item["label"] for item in references], np.float32).reshape(-1, labels)
    return {
        "name": [str(name) for name in rows.names],
        "patient": list(rows.patients),
        "truth": packed_array(rows.truth, "float32"),
        "probability": [
            packed_array(single_precision(values, rows.rule, cuts), "float32")
            for values, cuts in zip(rows.probabilities, thresholds, strict=True)
        ],
        "values": {column.key: column.packed() for column in columns},
        "references": {
            "name": [item["name"] for item in references],
            "patient": [None if item.get("patient_id") is None else str(item["patient_id"]) for item in references],
            "truth": packed_array(truth.clip(-1), "float32"),
        },
    }
