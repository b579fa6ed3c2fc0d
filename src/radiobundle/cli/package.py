"""Pack a trained run into one self-contained bundle, as a zip."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle that was trained")
    parser.add_argument(
        "--run", required=True, dest="trained", metavar="RUN", help="output folder of the training, already evaluated"
    )
    parser.add_argument("--output", required=True, metavar="ZIP")
    parser.add_argument("--images", "--films", nargs="*", default=[], help="images on which TorchScript and ONNX "
                        "must agree with PyTorch (default: those the run was evaluated on)")  # fmt: skip
    parser.add_argument("--no-export", action="store_true", help="leave out TorchScript and ONNX")
    parser.add_argument("--draft", action="store_true", help="package even if the model card or licence of a new "
                        "bundle still has gaps that only its author can fill")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Make the package."""
    from radiobundle.packaging.package import package_command

    options = chosen(arguments, "output", "images", "draft")
    return package_command(arguments.bundle, run=arguments.trained, export=not arguments.no_export, **options)
