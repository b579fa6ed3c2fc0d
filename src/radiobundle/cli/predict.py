"""Classify any images with a trained run or bundle; exit 1 if some fail."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument(
        "model", metavar="MODEL", help="output folder of a training, bundle with weights (folder, zip), .ts or .onnx"
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, patterns, or a CSV of images")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1; for ONNX also tensorrt (default: a GPU if there is one)"
    )
    parser.add_argument("--precision", default="auto", metavar="NAME", help="auto, fp32, bf16 or fp16 (default: auto)")
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
