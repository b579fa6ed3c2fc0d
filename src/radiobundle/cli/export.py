"""Write TorchScript and ONNX that agree with PyTorch on real images."""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("model", metavar="MODEL", help="output folder of a training, or a bundle with its weights")
    parser.add_argument("images", nargs="+", metavar="IMAGES", help="images to compare on, as for predict")
    parser.add_argument("--output", required=True, metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    """Write them."""
    from radiobundle.packaging.export import export_command

    return export_command(arguments.model, arguments.images, output=arguments.output)
