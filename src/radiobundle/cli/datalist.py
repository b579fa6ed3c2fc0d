"""Make a leak-free datalist from a folder or table."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from radiobundle.cli import datalist_merge
from radiobundle.cli.arguments import chosen, names, numbers, print_notes

if TYPE_CHECKING:
    from radiobundle.datalists.options import DatalistOptions

_COLUMNS = ("patient", "study", "view", "age", "sex", "split")
_COLUMN_HELP = {
    "split": "training, validation, test or empty; used unless --split says otherwise: as given, or as carved if it "
    "has a test split but no validation split"
}
_CSV_OPTIONS = (
    "csv", "encoding", "image_column", "labels", "exclusive", "label_column", "label_separator", "no_finding",
    "group_columns", "on_bad_row", *(f"{name}_column" for name in _COLUMNS),
)  # fmt: skip


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its sources and their options."""
    from radiobundle.sources import fracatlas as fracatlas_source
    from radiobundle.sources import mura as mura_source
    from radiobundle.sources.bad_rows import ON_BAD_ROW_CHOICES
    from radiobundle.sources.chexpert_labels import COMPETITION, VIEW_CHOICES

    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    pneumonia = sources.add_parser("pneumonia", help="{train,val,test}/{normal,infected/covid,infected/non-covid}")
    table = sources.add_parser("csv", help="any CSV table with one row per image")
    chestxray14 = sources.add_parser("chestxray14", help="the NIH's table, official lists and boxes")
    chexpert = sources.add_parser(
        "chexpert", help="Stanford's CheXpert: its tables, patients and studies from the paths"
    )
    mimic = sources.add_parser("mimic", help="MIMIC-CXR-JPG: its labels, official split and views")
    mura = sources.add_parser("mura", help="Stanford's MURA: body parts of the arm, or normal and abnormal")
    fracatlas = sources.add_parser("fracatlas", help="FracAtlas: body parts, or fractures")
    own = sources.add_parser("own", help="your own Python function, which is run to read the data")
    for source in (pneumonia, table, chestxray14, chexpert, mimic, mura, fracatlas, own):
        source.add_argument("dataset_dir", metavar="DIR", help="folder that image names are relative to")
        _declare_common(source)
        source.set_defaults(source_options=())
    chestxray14.add_argument("--csv", metavar="FILE", help="the label table (default: Data_Entry_2017* in DIR)")
    chestxray14.set_defaults(source_options=("csv",))
    chexpert.add_argument("--csv", metavar="FILE", help="one table instead of those in DIR")
    for source in (chexpert, mimic):
        source.add_argument(
            "--labels", type=names, default=[], metavar="A,B", help=f"default: {', '.join(COMPETITION)}"
        )
        source.add_argument("--view", choices=VIEW_CHOICES, default="frontal", help="default: %(default)s")
    chexpert.set_defaults(source_options=("csv", "labels", "view"))
    mimic.set_defaults(source_options=("labels", "view"))
    for source, known, tasks in (
        (mura, mura_source.PARTS, mura_source.TASKS),
        (fracatlas, fracatlas_source.PARTS, fracatlas_source.TASKS),
    ):
        source.add_argument(
            "--labels", type=names, default=[], metavar="A,B", help=f"body parts (default: {', '.join(known)})"
        )
        source.add_argument("--task", choices=tasks, default=tasks[0], help="what is learned (default: %(default)s)")
    fracatlas.add_argument(
        "--mixed",
        choices=fracatlas_source.MIXED_CHOICES,
        default="leave-out",
        help="images that show several body parts; keep makes the task multi-label (default: %(default)s)",
    )
    mura.set_defaults(source_options=("labels", "task"))
    fracatlas.set_defaults(source_options=("labels", "task", "mixed"))
    table.add_argument("--csv", metavar="FILE", help="the table, CSV or Excel (default: the only one in DIR)")
    table.add_argument("--encoding", metavar="NAME", help="for a CSV that is neither UTF-8 nor UTF-16, such as cp1252")
    table.add_argument("--image-column", default="image", metavar="NAME", help="default: %(default)s")
    table.add_argument("--labels", type=names, default=[], metavar="A,B,C", help="label columns, in order")
    table.add_argument("--exclusive", action="store_true", help="exactly one of the label columns is 1: multi-class")
    table.add_argument(
        "--label-column", metavar="NAME", help="one column with a class or a list of names, instead of --labels"
    )
    table.add_argument(
        "--label-separator",
        metavar="TEXT",
        help="separator between names in the label column (default: | or ; if cells contain them; none: each cell "
        "is one class)",
    )
    table.add_argument("--no-finding", metavar="NAME", help="name that means no label applies")
    for name in _COLUMNS:
        table.add_argument(f"--{name}-column", metavar="NAME", help=_COLUMN_HELP.get(name))
    table.add_argument("--group-columns", type=names, default=[], metavar="A,B", help="further columns to keep")
    table.add_argument(
        "--on-bad-row",
        choices=ON_BAD_ROW_CHOICES,
        default="error",
        help="rows with missing or extra fields, or with values that cannot be read; skip leaves them out and counts "
        "them (default: %(default)s)",
    )
    table.set_defaults(source_options=_CSV_OPTIONS)
    own.add_argument("--function", required=True, metavar="FILE.py:NAME", help="takes DIR, returns a SourceTable")
    own.set_defaults(source_options=("function",))
    merge = sources.add_parser("merge", help="merge two datalists: map labels, keep each patient in one split")
    datalist_merge.declare(merge)
    merge.set_defaults(run=datalist_merge.run)


def _declare_common(parser: argparse.ArgumentParser) -> None:
    from radiobundle.datalists import options

    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")
    parser.add_argument(
        "--split",
        choices=options.SPLIT_CHOICES,
        help="given: keep the source's split; carved: keep its test split and divide the rest (default for pneumonia); "
        "official: the same by patient (default for chestxray14, chexpert and mura); stratified: divide all images "
        "(default for fracatlas, and for csv and own if no split is given); labelset: "
        "the same, for each combination of labels; patient: like stratified, but every image must name its patient; "
        "random: image by image, which leaks patients",
    )
    parser.add_argument("--fractions", type=numbers, default=(0.7, 0.1, 0.2), metavar="T,V,T", help="0.7,0.1,0.2")
    parser.add_argument("--validation-fraction", type=float, default=0.1, metavar="X", help="for carved (default: 0.1)")
    parser.add_argument("--folds", type=int, metavar="K", help="write K datalists, FILE-fold0 and so on")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--uncertain",
        type=options.parse_policy,
        default="ignore",
        metavar="POLICY",
        help=f"{', '.join(options.UNCERTAIN_CHOICES)}, or by label: Edema=ones,Consolidation=zeros,*=ignore (default: "
        "%(default)s)",
    )
    parser.add_argument(
        "--hierarchy",
        metavar="NAME",
        help="chexpert, or a JSON file from child to parent: a present child makes its parents present",
    )
    parser.add_argument(
        "--promote",
        choices=options.PROMOTE_CHOICES,
        default="decided",
        help="which children count as present: those "
        "present after --uncertain, positive ones only, or positive and uncertain ones (default: %(default)s)",
    )
    parser.add_argument(
        "--predictions",
        metavar="FILE",
        help="for --uncertain self-trained: predictions.csv of a run trained with ignore, on its own datalist",
    )
    parser.add_argument(
        "--not-mentioned", choices=options.NOT_MENTIONED_CHOICES, default="zeros", help="default: zeros"
    )
    parser.add_argument(
        "--duplicates",
        choices=options.DUPLICATE_CHOICES,
        default="bytes,near",
        help="kinds of copies to keep together; none does not read the images (default: %(default)s)",
    )
    parser.add_argument(
        "--missing-images", choices=options.MISSING_IMAGES_CHOICES, default="error", help="default: error"
    )
    parser.add_argument(
        "--on-bad-image",
        choices=options.ON_BAD_IMAGE_CHOICES,
        default="error",
        help="skip lists them in FILE with the suffix .bad.csv (default: %(default)s)",
    )
    parser.add_argument(
        "--patients-from-paths",
        choices=["yes", "no"],
        default="yes",
        help="if images name no patient, keep images together that have the same patient id in their paths, such as "
        "patient00001 (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the datalist, or one per fold, and summarise it on stdout."""
    from radiobundle.cli.datalist_summary import print_summary
    from radiobundle.datalists.build import build_datalists
    from radiobundle.datalists.datalist_file import write_datalist
    from radiobundle.datalists.options import DatalistOptions, SplitOptions
    from radiobundle.files import require_writable_folder, write_text
    from radiobundle.sources.registry import SOURCES

    source, path = SOURCES[arguments.source], Path(arguments.output)
    options = DatalistOptions(
        split=SplitOptions(
            name=arguments.split or source.default_split,
            **chosen(arguments, "fractions", "validation_fraction", "folds", "seed"),
        ),
        patients_from_paths=arguments.patients_from_paths == "yes",
        **chosen(arguments, "uncertain", "not_mentioned", "hierarchy", "promote", "predictions"),
        **chosen(arguments, "duplicates", "missing_images", "on_bad_image"),
    )
    require_writable_folder(path.parent)
    table = source.read(arguments.dataset_dir, **chosen(arguments, *arguments.source_options))
    if not arguments.split:
        options = replace(options, split=replace(options.split, name=source.split_of(table)))
    print_notes(
        (*table.notes, *_split_notes(arguments, options)), arguments.flags
    )  # they may say why no list can be made
    made = build_datalists(table, Path(arguments.dataset_dir), options=options)
    print_notes(made.notes, arguments.flags)
    if made.survey.broken:
        bad_path = path.with_suffix(".bad.csv")
        write_text(bad_path, _bad_csv(made.survey.broken))
        print(f"left out {len(made.survey.broken)} unreadable images, listed in {bad_path}", file=sys.stderr)
    for fold, datalist in enumerate(made.datalists):
        target = path.with_stem(f"{path.stem}-fold{fold}") if len(made.datalists) > 1 else path
        write_datalist(datalist, target)
        print_summary(target, datalist)
    looked = "images were not read, so copies and broken files were not searched for (--duplicates none)"
    print(looked if options.duplicates == "none" else made.survey.summary())
    return 0


def _split_notes(arguments: argparse.Namespace, options: DatalistOptions) -> list[str]:
    """Return notes on how a split column is used, unless the command line states it in full."""
    column = getattr(arguments, "split_column", None)
    if not column or (arguments.split and options.split.uses_the_given):
        return []
    if not arguments.split:
        return [f"column '{column}' decides the split: `split` {options.split.name}"]
    return [f"column '{column}' is not used: `split` {options.split.name} divides all rows again"]


def _bad_csv(broken: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "reason"])
    writer.writerows(broken.items())
    return text.getvalue()
