"""Make a leak-free datalist from a folder or table."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from radiobundle.cli import datalist_amend, datalist_merge
from radiobundle.cli.arguments import chosen, numbers, print_notes
from radiobundle.cli.datalist_sources import source_commands

if TYPE_CHECKING:
    from radiobundle.datalists.options import DatalistOptions


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its sources and their options."""
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    for name, command in source_commands().items():
        source = sources.add_parser(name, help=command.help)
        source.add_argument("dataset_dir", metavar="DIR", help="folder that image names are relative to")
        for option, words in command.options.items():
            source.add_argument(f"--{option.replace('_', '-')}", **words)
        _declare_common(source)
        source.set_defaults(source_options=tuple(command.options))
    merge = sources.add_parser("merge", help="merge two datalists: map labels, keep each patient in one split")
    datalist_merge.declare(merge)
    merge.set_defaults(run=datalist_merge.run)
    amend = sources.add_parser(
        "amend", help="correct a datalist by a table of marks", description=datalist_amend.__doc__
    )
    datalist_amend.declare(amend)
    amend.set_defaults(run=datalist_amend.run)


def _declare_common(parser: argparse.ArgumentParser) -> None:
    from radiobundle.datalists import options

    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")
    parser.add_argument(
        "--split",
        choices=options.SPLIT_CHOICES,
        help="given: keep the source's split; carved: keep its test split and divide the rest (default for pneumonia); "
        "official: the same by patient (default for chestxray14, chexpert and mura); stratified: divide all images "
        "(the default of the others, unless they state a split); labelset: the same, for each combination of labels; "
        "patient: like stratified, but every image must name its patient (default for padchest, openi and tb); "
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
