"""Make a trained run one self-contained bundle, as a zip."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle that was trained")
    parser.add_argument(
        "--run", required=True, dest="trained", metavar="RUN", help="output folder of the training, evaluated"
    )
    parser.add_argument("--output", required=True, metavar="ZIP")
    parser.add_argument("--images", "--films", nargs="*", default=[], help="on which TorchScript and ONNX must "
                        "agree with PyTorch (default: those that the run was judged on)")  # fmt: skip
    parser.add_argument("--no-export", action="store_true", help="leave TorchScript and ONNX out")
    parser.add_argument("--draft", action="store_true", help="even where model card or licence of a new bundle still "
                        "have gaps that only its author can fill")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Make it."""
    from radiobundle.packaging.package import package_command

    options = {
        **chosen(arguments, "output", "images", "draft"),
        "run": arguments.trained,
        "export": not arguments.no_export,
    }
    return package_command(arguments.bundle, **options)
