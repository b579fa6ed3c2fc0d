"""Merge two datalists into one."""

from __future__ import annotations

import argparse
from pathlib import Path

from radiobundle.cli.arguments import names, print_notes


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("lists", nargs=2, metavar="DATALIST")
    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")
    parser.add_argument("--names", type=names, metavar="A,B", help="names for the two sets (default: their sources)")
    parser.add_argument(
        "--mapping",
        metavar="FILE",
        help="JSON that maps the labels of one set to those of the other (default: the one shipped for these sources)",
    )
    parser.add_argument(
        "--labels",
        type=names,
        default=["all"],
        metavar="A,B",
        help="all, shared, or names; a label that one set lacks is ignored on its images (default: all)",
    )
    parser.add_argument(
        "--dataset-dir",
        action="append",
        metavar="NAME=DIR",
        help="folder of each set's images, to search for copies across the sets; repeatable",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the merged list and summarise it on stdout."""
    from radiobundle.cli.datalist_summary import print_summary
    from radiobundle.datalists.datalist_file import read_datalist, write_datalist
    from radiobundle.datalists.label_mapping import read_mapping
    from radiobundle.datalists.merge import merge_datalists
    from radiobundle.files import require_writable_folder
    from radiobundle.images.folders import dataset_folders

    path = Path(arguments.output)
    require_writable_folder(path.parent)
    lists = [read_datalist(given) for given in arguments.lists]
    sources = [str(found.provenance.get("source")) for found in lists]
    stems = [Path(given).stem for given in arguments.lists]
    made = merge_datalists(
        lists,
        names=arguments.names or (sources if len(set(sources)) > 1 else stems),
        mapping=read_mapping(arguments.mapping) if arguments.mapping else None,
        labels=arguments.labels,
        folders=dataset_folders(arguments.dataset_dir) if arguments.dataset_dir else None,
    )
    print_notes(made.notes, arguments.flags)
    write_datalist(made.datalist, path)
    print_summary(path, made.datalist)
    if made.survey is not None:
        print(made.survey.summary())
    return 0
