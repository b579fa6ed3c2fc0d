"""Commands about images and their lists: phantom, datalist, audit."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import Commands, names


def add_data_commands(commands: Commands) -> None:
    """Declare them."""
    _add_phantom(commands)
    _add_datalist(commands)
    _add_audit(commands)


def _add_phantom(commands: Commands) -> None:
    parser = commands.add_parser("phantom", help="draw synthetic radiographs in a task's own source layout")
    parser.add_argument("task", choices=["chestxray14", "pneumonia"], metavar="TASK", help="%(choices)s")
    parser.add_argument("output", metavar="OUT", help="new or empty folder")
    parser.add_argument("--images", type=int, default=300, metavar="N", help="number of images (default: %(default)s)")
    parser.add_argument("--size", type=int, default=150, metavar="PX", help="height and width (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: %(default)s)")
    parser.set_defaults(run=_phantom)


def _phantom(arguments: argparse.Namespace) -> int:
    from radiobundle.phantoms.command import phantom_command

    return phantom_command(
        arguments.task, arguments.output, n_images=arguments.images, size_px=arguments.size, seed=arguments.seed
    )


def _add_datalist(commands: Commands) -> None:
    parser = commands.add_parser("datalist", help="make a leak-free datalist from a folder or table")
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    pneumonia = sources.add_parser("pneumonia", help="{train,val,test}/{normal,infected/covid,infected/non-covid}")
    table = sources.add_parser("csv", help="any CSV table with one row per image")
    chestxray14 = sources.add_parser("chestxray14", help="the NIH's table, official lists and boxes")
    for source in (pneumonia, table, chestxray14):
        source.add_argument("dataset_dir", metavar="DIR", help="folder that image names are relative to")
        _add_datalist_options(source)
        source.set_defaults(run=_datalist, source_options=())
    chestxray14.add_argument("--csv", metavar="FILE", help="the label table (default: Data_Entry_2017* in DIR)")
    chestxray14.set_defaults(source_options=("csv",))
    table.add_argument("--csv", metavar="FILE", help="the table, CSV or Excel (default: the only one in DIR)")
    table.add_argument("--encoding", metavar="NAME", help="of a CSV that is neither UTF-8 nor UTF-16, such as cp1252")
    table.add_argument("--image-column", default="image", metavar="NAME", help="default: %(default)s")
    table.add_argument("--labels", type=names, default=[], metavar="A,B,C", help="label columns, in order")
    table.add_argument("--exclusive", action="store_true", help="exactly one of the label columns is 1: multi-class")
    table.add_argument("--label-column", metavar="NAME", help="one column of classes or lists of names instead")
    table.add_argument(
        "--label-separator",
        metavar="TEXT",
        help="the label column holds several names, divided so (default: | or ; where cells hold them; none: each cell "
        "is one class)",
    )
    table.add_argument("--no-finding", metavar="NAME", help="name that means none of the labels")
    optional = [f"{what}_column" for what in ("patient", "study", "view", "age", "sex", "split")]
    for name in optional:
        table.add_argument(f"--{name.replace('_', '-')}", metavar="NAME")
    table.add_argument("--group-columns", type=names, default=[], metavar="A,B", help="further columns to keep")
    table.add_argument(
        "--on-bad-row",
        choices=["error", "skip"],
        default="error",
        help="rows with missing or surplus fields, or values that are not understood; skip leaves them out and counts "
        "them (default: %(default)s)",
    )
    own: tuple[str, ...] = (
        "csv",
        "encoding",
        "image_column",
        "labels",
        "exclusive",
        "label_column",
        "label_separator",
        "no_finding",
    )
    own += ("group_columns", "on_bad_row")
    table.set_defaults(source_options=(*own, *optional))


def _add_datalist_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")
    parser.add_argument(
        "--split",
        choices=["given", "carved", "official", "stratified", "patient", "random"],
        help="given: the source's; carved: the source's test, the rest anew (default of pneumonia); official: the same "
        "by patient (default of chestxray14); stratified: all anew (default of csv); patient: the same, and every "
        "image must name its patient; random: image by image, which leaks patients",
    )
    parser.add_argument("--fractions", type=_numbers, default=(0.7, 0.1, 0.2), metavar="T,V,T", help="0.7,0.1,0.2")
    parser.add_argument("--validation-fraction", type=float, default=0.1, metavar="X", help="of carved (default: 0.1)")
    parser.add_argument("--folds", type=int, metavar="K", help="write K datalists FILE-fold0 ... instead")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--uncertain", choices=["ones", "zeros", "ignore"], default="ignore", help="default: ignore")
    parser.add_argument("--not-mentioned", choices=["zeros", "ignore"], default="zeros", help="default: zeros")
    parser.add_argument(
        "--duplicates",
        choices=["bytes,near", "bytes", "none"],
        default="bytes,near",
        help="copies to keep together; none reads no image (default: %(default)s)",
    )
    parser.add_argument("--missing-images", choices=["error", "skip", "keep"], default="error", help="default: error")
    parser.add_argument(
        "--on-bad-image",
        choices=["error", "skip"],
        default="error",
        help="skip lists them in FILE with the suffix .bad.csv (default: %(default)s)",
    )

    parser.add_argument(
        "--patients-from-paths",
        choices=["yes", "no"],
        default="yes",
        help="where images name no patient, keep those together whose paths hold the same patient id, such as "
        "patient00001 (default: %(default)s)",
    )


def _datalist(arguments: argparse.Namespace) -> int:
    from radiobundle.datalists.build import DatalistOptions, datalist_command
    from radiobundle.datalists.plan import SplitOptions
    from radiobundle.sources.registry import SOURCES

    split = SplitOptions(
        name=arguments.split or SOURCES[arguments.source].default_split,
        fractions=arguments.fractions,
        validation_fraction=arguments.validation_fraction,
        folds=arguments.folds,
        seed=arguments.seed,
    )
    return datalist_command(
        arguments.source,
        arguments.dataset_dir,
        arguments.output,
        source_options={name: getattr(arguments, name) for name in arguments.source_options},
        options=DatalistOptions(
            split=split,
            uncertain=arguments.uncertain,
            not_mentioned=arguments.not_mentioned,
            duplicates=arguments.duplicates,
            missing_images=arguments.missing_images,
            on_bad_image=arguments.on_bad_image,
            patients_from_paths=arguments.patients_from_paths == "yes",
        ),
    )


def _add_audit(commands: Commands) -> None:
    parser = commands.add_parser(
        "audit",
        help="look for leakage, duplicates and broken files",
        description="Look for leakage, duplicates and broken files. Exit status: 0 all was checked and no leakage "
        "found, 1 leakage found, 2 wrong input, 3 something could not be checked (images missing or unreadable, "
        "patients unknown, nothing to compare across splits).",
    )
    parser.add_argument("datalist", metavar="DATALIST")
    parser.add_argument("--dataset-dir", required=True, metavar="DIR", help="folder that image names are relative to")
    parser.add_argument("--json", metavar="FILE", help="write the whole report as JSON ('-': stdout)")
    parser.add_argument(
        "--without-patients",
        action="store_true",
        help="the set names no patients, and that is accepted: judge by the images alone",
    )
    parser.set_defaults(run=_audit)


def _audit(arguments: argparse.Namespace) -> int:
    from radiobundle.datalists.audit_command import audit_command

    return audit_command(
        arguments.datalist,
        dataset_dir=arguments.dataset_dir,
        json_path=arguments.json,
        without_patients=arguments.without_patients,
    )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers divided by commas") from None
