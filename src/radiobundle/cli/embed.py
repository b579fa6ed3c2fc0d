"""Write the features of images, the vectors that the network's last layer sees; exit 1 if some images fail.

For similarity search, clustering, or a simple model on top. The file is .npz (arrays images and features), .parquet or
.csv (columns image, f0, f1 ...).
"""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument(
        "model", metavar="MODEL", help="output folder of a training, or bundle with weights (folder, zip)"
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, patterns, or a CSV of images")
    parser.add_argument("--output", required=True, metavar="FILE", help="ends in .npz, .parquet or .csv")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="default: %(default)s")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 (default: a GPU if there is one)")
    parser.add_argument("--precision", default="auto", metavar="NAME", help="auto, fp32, bf16 or fp16 (default: auto)")
    parser.add_argument("--overwrite", action="store_true", help="replace the file")


def run(arguments: argparse.Namespace) -> int:
    """Write the features."""
    from radiobundle.serving.embed import embed_command

    options = ("output", "batch_size", "device", "precision", "overwrite")
    return embed_command(arguments.model, arguments.inputs, **chosen(arguments, *options))
