"""Rank labels by how probably they are wrong.

RUN is a folder with a predictions.csv, or such a file, of models that did not train on these images: out-of-fold
predictions of a sweep (SWEEP/out_of_fold/...), runs or probes of all folds, or a run's validation and test. Of an image
that is in several, the mean counts. DIR gets label_errors.csv (a row for each image and label, the most suspicious
first) and expected_errors.csv; with --datalist also conflicting_copies.csv, images that show the same but have
different labels.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radiobundle.cli.arguments import chosen, declare_overwrite, print_notes, replaced_note
from radiobundle.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from radiobundle.evaluation.label_errors import LabelErrors

_SHOWN = 10


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.labels import TASKS

    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="of the predictions (default: all that they have)")
    parser.add_argument("--task", choices=TASKS, help="default: inferred from the file")
    parser.add_argument("--datalist", metavar="FILE", help="also look for copies whose labels differ in this list")
    parser.add_argument("--dataset-dir", metavar="DIR", help="folder of its images")
    parser.add_argument("--seed", type=int, default=0, help="of the intervals (default: %(default)s)")
    declare_overwrite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the ranking."""
    if bool(arguments.datalist) != bool(arguments.dataset_dir):
        raise ValueError("`datalist` and `dataset_dir` go together")
    from radiobundle.evaluation.label_errors import find_label_errors
    from radiobundle.evaluation.predictions.csv import read_predictions
    from radiobundle.evaluation.runs import predictions_file
    from radiobundle.models.evaluated import require_current_evaluation
    from radiobundle.result_set import result_set

    require_current_evaluation(*arguments.runs)
    tables = [read_predictions(predictions_file(run), task=arguments.task) for run in arguments.runs]
    if arguments.split is not None:
        tables = [table.of_split(arguments.split) for table in tables]
    found = find_label_errors(tables, names=arguments.runs, **chosen(arguments, "seed"))
    print_notes(found.notes, arguments.flags)
    written = {"label_errors.csv": found.ranking.round(6), "expected_errors.csv": found.expected.round(2)}
    if arguments.datalist:
        written["conflicting_copies.csv"] = _conflicting_copies(arguments.datalist, arguments.dataset_dir)
    replaced = replaced_note(arguments.output)
    with result_set(arguments.output, made_by="label-errors", overwrite=arguments.overwrite) as target:
        for name, table in written.items():
            table.to_csv(target / name, index=False)
    _print(found)
    if arguments.datalist:
        print(f"{counted(len(written['conflicting_copies.csv']), 'group')} of copies with different labels")
    print(f"{arguments.output}: {', '.join(written)}{replaced}")
    return 0


def _conflicting_copies(datalist: str, dataset_dir: str) -> pd.DataFrame:
    import pandas as pd

    from radiobundle.datalists.audit import audit_files
    from radiobundle.images.folders import dataset_folders

    report = audit_files(Path(datalist), dataset_folders(dataset_dir), without_patients=True)
    rows: list[dict[str, Any]] = [
        {"kind": kind, "images": "; ".join(group.images), "splits": "; ".join(group.splits)}
        for kind, groups in (("byte-identical", report.byte_identical), ("near-identical", report.near_identical))
        for group in groups
        if group.conflicting_labels
    ]
    return pd.DataFrame(rows, columns=["kind", "images", "splits"])


def _print(found: LabelErrors) -> None:
    """Print the expected number of wrong labels of each class, and the most suspicious labels."""
    for row in found.expected.to_dict("records"):
        interval = f"({row['low']:.0f} to {row['high']:.0f})"
        print(f"{row['given']}: about {row['errors']:.0f} {interval} of {counted(row['images'], 'label')} wrong")
    suspects = found.ranking[found.ranking["is_suspect"]]
    print(f"{counted(len(suspects), 'suspicious label')} of {len(found.ranking):,}; the first {_SHOWN}:")
    for row in suspects.head(_SHOWN).to_dict("records"):
        print(f"  {row['image']}: {row['given']} has probability {row['score']:.3f}; perhaps {row['suggested']}")
