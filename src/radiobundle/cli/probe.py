"""Judge pretrained weights by their frozen features on a datalist.

The features of each image are computed once and kept; a logistic regression and nearest neighbours then take seconds.
`--weights all` takes every registered set that is on this machine and fits in one command.
"""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, names


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("datalist", metavar="DATALIST", help="with training, validation and test images")
    parser.add_argument(
        "--dataset-dir", required=True, action="append", metavar="DIR", help="folder of the images; or NAME=DIR"
    )
    parser.add_argument("--weights", type=names, required=True, metavar="A,B", help="registered names, or all")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--size", type=int, default=224, metavar="PX", help="height and width (default: %(default)s)")
    parser.add_argument("--store-dir", metavar="DIR", help="decoded images and features (default: store in the output)")
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--accept-leak", action="store_true", help="also weights that may have seen the test images; marked as such"
    )


def run(arguments: argparse.Namespace) -> int:
    """Probe, and print the table."""
    from radiobundle.images.folders import dataset_folders
    from radiobundle.pretrained.listing import table
    from radiobundle.pretrained.locate import is_here
    from radiobundle.pretrained.registry import find_entry, list_entries
    from radiobundle.probing.probe import COLUMNS, PAGE, RESULTS, cells, probe

    every = arguments.weights == ["all"]
    entries = [entry for entry in list_entries() if is_here(entry)] if every else [*map(find_entry, arguments.weights)]
    rows = probe(
        arguments.datalist,
        dataset_folders(arguments.dataset_dir),  # type: ignore[arg-type]
        entries,
        arguments.output,
        image_size_px=arguments.size,
        **chosen(arguments, "store_dir", "bootstrap", "seed", "accept_leak"),
    )
    print("\n".join(table([COLUMNS, *map(cells, rows)])))
    print(f"{arguments.output}: {PAGE}, {RESULTS}, predictions.csv of each model")
    return 0
