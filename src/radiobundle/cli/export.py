"""Export to TorchScript and ONNX, checked against PyTorch on real images."""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("model", metavar="MODEL", help="output folder of a training, or a bundle with its weights")
    parser.add_argument("images", nargs="+", metavar="IMAGES", help="images for the comparison, as for predict")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--int8", action="store_true", help="also model.int8.onnx, faster and not quite the same")


def run(arguments: argparse.Namespace) -> int:
    """Export the model."""
    from radiobundle.packaging.export import export_command

    return export_command(arguments.model, arguments.images, output=arguments.output, int8=arguments.int8)
