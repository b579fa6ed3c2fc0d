"""Write the features of images, the vectors that the network's last layer sees; exit 1 if some images fail.

For similarity search, clustering, or a simple model on top. The file is .npz (arrays images and features), .parquet or
.csv (columns image, f0, f1 ...).
"""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, declare_batches, declare_model


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    declare_model(parser, exported=False)
    parser.add_argument("--output", required=True, metavar="FILE", help="ends in .npz, .parquet or .csv")
    declare_batches(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace the file")


def run(arguments: argparse.Namespace) -> int:
    """Write the features."""
    from radiobundle.serving.embed import embed_command

    options = ("output", "batch_size", "device", "precision", "overwrite")
    return embed_command(arguments.model, arguments.inputs, **chosen(arguments, *options))
