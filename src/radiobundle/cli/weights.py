"""List pretrained weights, say what is known of one, or fetch its file.

`--pretrained NAME` of a training takes these names. Your own entries are JSON files in the folder that the environment
variable RADIOBUNDLE_WEIGHTS names; fetched files are kept in RADIOBUNDLE_CACHE (default: ~/.cache/radiobundle/weights).
Exit status of `show` with a datalist: 1 if the weights may have seen its test images.
"""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("action", choices=("list", "show", "get"), help="list all, show or get one")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the weights, for show and get")
    parser.add_argument("--datalist", metavar="LIST.json", help="show: may they have seen its test images?")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, an entry, or where its file is."""
    from radiobundle.datalists.datalist_file import read_datalist
    from radiobundle.pretrained.leak import leaks, unknown_sources
    from radiobundle.pretrained.listing import COLUMNS, describe, row, table
    from radiobundle.pretrained.locate import locate
    from radiobundle.pretrained.registry import find_entry, list_entries

    if arguments.action == "list":
        print("\n".join(table([COLUMNS, *map(row, list_entries())])))
        return 0
    if arguments.name is None:
        raise ValueError(f"name the weights: radiobundle weights {arguments.action} NAME; `radiobundle weights list`")
    entry = find_entry(arguments.name)
    if arguments.action == "get":
        print(locate(entry))
        return 0
    print("\n".join(table(list(describe(entry)))))
    if (datalist := arguments.datalist) is None:
        return 0
    found = read_datalist(datalist)
    if reasons := leaks(entry.trained_on, found):
        print(f"LEAK: they may have seen the test images of {datalist}: {'; '.join(reasons)}")
    elif unknown := unknown_sources(found):
        print(f"UNKNOWN: {datalist} comes from {', '.join(unknown)}, which does not tell which data set it is")
    else:
        print(f"no leak known: they were not trained on the test images of {datalist}")
    return int(bool(reasons))
