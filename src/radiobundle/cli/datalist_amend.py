"""Correct a datalist by a table of marks.

MARKS has the columns image and mark (wrong label, unsure, bad image, leave out), and optionally label (which one),
value (the right one: 1 or 0, or the name of the class), by, at and note. No image changes its split; every change is
kept in the provenance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from radiobundle.cli.arguments import print_notes


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("datalist", metavar="DATALIST")
    parser.add_argument("marks", metavar="MARKS", help="CSV or Excel")
    parser.add_argument("--encoding", metavar="NAME", help="of a CSV that is neither UTF-8 nor UTF-16, such as cp1252")
    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")


def run(arguments: argparse.Namespace) -> int:
    """Write the corrected list and summarise it on stdout."""
    from radiobundle.cli.datalist_summary import print_summary
    from radiobundle.datalists.amend import amend, read_marks
    from radiobundle.datalists.datalist_file import read_datalist, write_datalist
    from radiobundle.files import require_writable_folder

    path = Path(arguments.output)
    if path.resolve() == Path(arguments.datalist).resolve():
        raise ValueError(f"`output` {path}: is the list to be corrected, which stays as it is; name another file")
    require_writable_folder(path.parent)
    marks = read_marks(arguments.marks, encoding=arguments.encoding)
    datalist, notes = amend(read_datalist(arguments.datalist), marks, marks_file=arguments.marks)
    print_notes(notes, arguments.flags)
    write_datalist(datalist, path)
    print_summary(path, datalist)
    return 0
