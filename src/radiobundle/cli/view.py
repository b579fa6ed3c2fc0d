"""Look at a run: a page with its images, labels and predictions.

Truth, probabilities, filters, a movable threshold, errors first, full pixels with window and level. DIR is a folder
that opens by a double click on its index.html and from any web server. Several runs are shown side by side.
"""

from __future__ import annotations

import argparse
from dataclasses import fields

from radiobundle.cli.arguments import chosen, print_notes


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.labels import TASKS
    from radiobundle.viewing.options import ViewOptions

    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR", help="an earlier page is replaced")
    parser.add_argument("--images", type=int, default=ViewOptions.images, metavar="N",
                        help="of more images, show a random half and the worst errors (default: "
                             "%(default)s)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of that sample (default: %(default)s)")
    parser.add_argument("--datalist", metavar="FILE", help="default: the one of the run")
    parser.add_argument("--dataset-dir", nargs="+", default=[], metavar="DIR",
                        help="folder of the images (default: the one of the run); of a merged list "
                             "NAME=DIR ...")  # fmt: skip
    parser.add_argument("--largest-side-px", type=int, default=ViewOptions.largest_side_px, metavar="PX",
                        help="reduce larger images (default: %(default)s)")  # fmt: skip
    parser.add_argument("--thumbnails-only", action="store_true", help="leave full pixels out")
    parser.add_argument("--heat-maps", metavar="METHOD",
                        help="also show where the network looks, by a method of `radiobundle explain`, such as "
                             "gradcam")  # fmt: skip
    parser.add_argument("--without-features", action="store_true",
                        help="leave out the map of images, the nearest training images and the out-of-distribution "
                             "score, which need the network")  # fmt: skip
    parser.add_argument("--training-images", type=int, default=ViewOptions.training_images, metavar="N",
                        help="compare with a random sample of more training images (default: "
                             "%(default)s)")  # fmt: skip
    parser.add_argument("--label-errors", metavar="FILE", help="table of `radiobundle label-errors`")
    parser.add_argument("--task", choices=TASKS, help="default: inferred from the predictions")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 (default: a GPU if there is one)")
    parser.add_argument("--force", action="store_true",
                        help="go on if the list has changed since, or if runs were evaluated with different "
                             "labels, and say what differs")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the page."""
    from radiobundle.viewing.options import ViewOptions
    from radiobundle.viewing.view import view_command

    options = ViewOptions(**chosen(arguments, *(option.name for option in fields(ViewOptions))))
    asked = chosen(arguments, "output", "task", "datalist", "dataset_dir", "force")
    print_notes(view_command(arguments.runs, **asked, options=options), arguments.flags)
    return 0
