"""Classify any images with a trained run or bundle; exit 1 if some fail."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, declare_batches, declare_model


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    declare_model(parser)
    parser.add_argument("--output", required=True, metavar="DIR")
    declare_batches(parser)
    parser.add_argument("--explain", action="store_true", help="also plot a heat map of every image")
    parser.add_argument("--method", default="gradcam", metavar="NAME", help="method of the heat map, see "
                        "`radiobundle explain` (default: %(default)s)")  # fmt: skip
    parser.add_argument("--features", action="store_true", help="also write the network's features of the images, as "
                        "`radiobundle embed` does")  # fmt: skip
    parser.add_argument("--dicom", action="store_true", help="also write DICOM output for DICOM images: a Structured "
                        "Report, and the heat map as Secondary Capture")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="overwrite existing results")
    parser.add_argument("--verbose", action="store_true", help="also list the files that are not images")


def run(arguments: argparse.Namespace) -> int:
    """Classify the images."""
    from radiobundle.serving.predict import predict_command

    options = (
        "output", "batch_size", "device", "precision", "explain", "method", "features", "dicom", "overwrite", "verbose",
    )  # fmt: skip
    return predict_command(arguments.model, arguments.inputs, **chosen(arguments, *options))
