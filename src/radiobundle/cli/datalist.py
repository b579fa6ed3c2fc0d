"""Make a leak-free datalist from a folder or table."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radiobundle.cli import datalist_amend, datalist_merge
from radiobundle.cli.arguments import chosen, numbers, print_notes
from radiobundle.cli.datalist_sources import SOURCE_HELP, source_options

if TYPE_CHECKING:
    from radiobundle.datalists.options import DatalistOptions


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its sources and their options."""
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    for name, text in SOURCE_HELP.items():
        source, own = sources.add_parser(name, help=text), source_options(name)
        source.add_argument("dataset_dir", metavar="DIR", help="folder that image names are relative to")
        for option, words in {**own, **_common_options()}.items():
            source.add_argument(f"--{option.replace('_', '-')}", **words)
        source.set_defaults(source_options=tuple(own))
    merge = sources.add_parser("merge", help="merge two datalists: map labels, keep each patient in one split")
    datalist_merge.declare(merge)
    merge.set_defaults(run=datalist_merge.run)
    amend = sources.add_parser(
        "amend", help="correct a datalist by a table of marks", description=datalist_amend.__doc__
    )
    datalist_amend.declare(amend)
    amend.set_defaults(run=datalist_amend.run)


def _common_options() -> dict[str, dict[str, Any]]:
    """Return argparse's arguments by option of every source, with the defaults of the options' own classes."""
    from radiobundle.datalists import options

    words: dict[str, dict[str, Any]] = {
        "output": {"required": True, "metavar": "FILE", "help": "datalist JSON to write"},
        "split": {
            "choices": options.SPLIT_CHOICES,
            "help": "given: keep the source's split; carved: keep its test split and divide the rest (default for "
            "pneumonia); official: the same by patient (default for chestxray14, chexpert and mura); stratified: "
            "divide all images (the default of the others, unless they state a split); labelset: the same, for each "
            "combination of labels; patient: like stratified, but every image must name its patient (default for "
            "padchest, openi and tb); random: image by image, which leaks patients",
        },
        "fractions": {"type": numbers, "metavar": "T,V,T", "help": "0.7,0.1,0.2"},
        "validation_fraction": {"type": float, "metavar": "X", "help": "for carved (default: 0.1)"},
        "folds": {"type": int, "metavar": "K", "help": "write K datalists, FILE-fold0 and so on"},
        "seed": {"type": int, "metavar": "N", "help": "default: 0"},
        "uncertain": {
            "type": options.parse_policy,
            "metavar": "POLICY",
            "help": f"{', '.join(options.UNCERTAIN_CHOICES)}, or by label: Edema=ones,Consolidation=zeros,*=ignore "
            "(default: %(default)s)",
        },
        "hierarchy": {
            "metavar": "NAME",
            "help": "chexpert, or a JSON file from child to parent: a present child makes its parents present",
        },
        "promote": {
            "choices": options.PROMOTE_CHOICES,
            "help": "which children count as present: those present after --uncertain, positive ones only, or positive "
            "and uncertain ones (default: %(default)s)",
        },
        "predictions": {
            "metavar": "FILE",
            "help": "for --uncertain self-trained: predictions.csv of a run trained with ignore, on its own datalist",
        },
        "not_mentioned": {"choices": options.NOT_MENTIONED_CHOICES, "help": "default: zeros"},
        "duplicates": {
            "choices": options.DUPLICATE_CHOICES,
            "help": "kinds of copies to keep together; none does not read the images (default: %(default)s)",
        },
        "missing_images": {"choices": options.MISSING_IMAGES_CHOICES, "help": "default: error"},
        "on_bad_image": {
            "choices": options.ON_BAD_IMAGE_CHOICES,
            "help": "skip lists them in FILE with the suffix .bad.csv (default: %(default)s)",
        },
        "patients_from_paths": {
            "choices": ["yes", "no"],
            "help": "if images name no patient, keep images together that have the same patient id in their paths, "
            "such as patient00001 (default: %(default)s)",
        },
    }
    known = {
        each.name: each.default for kind in (options.SplitOptions, options.DatalistOptions) for each in fields(kind)
    }
    defaults = {**known, "output": None, "split": None, "patients_from_paths": "yes"}
    return {name: {"default": defaults[name], **option} for name, option in words.items()}


def run(arguments: argparse.Namespace) -> int:
    """Write the datalist, or one per fold, and summarise it on stdout."""
    import pandas as pd

    from radiobundle.cli.datalist_summary import print_summary
    from radiobundle.datalists.build import build_datalists
    from radiobundle.datalists.datalist_file import write_datalist
    from radiobundle.datalists.options import DatalistOptions, SplitOptions
    from radiobundle.files import require_writable_folder, write_csv
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
        write_csv(bad_path, pd.DataFrame(made.survey.broken.items(), columns=["image", "reason"]))
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
