"""Show where a network looks: heat maps by several methods, filters, feature maps; exit 1 if some images fail.

Writes explain.csv (a row for each image, label and method), figures (image and heat maps side by side), maps (the
numbers, NPY and NIfTI, on the image's own pixels) and index.html, on which label and layer can be chosen.
"""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.explain.methods import METHODS

    parser.add_argument(
        "model", metavar="MODEL", help="output folder of a training, bundle with weights (folder, zip), .ts or .onnx"
    )
    parser.add_argument("inputs", nargs="+", metavar="IMAGE", help="files, folders, patterns, or a CSV of images")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--method", nargs="+", default=[], metavar="NAME",
                        help=f"{', '.join(METHODS)}; several at once (default: gradcam; occlusion of a .ts or "
                             ".onnx)")  # fmt: skip
    parser.add_argument("--label", nargs="+", default=[], metavar="NAME",
                        help="names or indices (default: those predicted, else the most probable)")  # fmt: skip
    parser.add_argument("--layer", nargs="+", default=[], metavar="NAME",
                        help="that Grad-CAM looks at; several at once (default: the last map)")  # fmt: skip
    parser.add_argument("--filters", nargs="*", metavar="LAYER",
                        help="also show the filters of these convolutions (without names: of the first)")  # fmt: skip
    parser.add_argument("--features", nargs="*", metavar="LAYER", help="also show what these layers make of each image "
                        "(without names: the last of each size)")  # fmt: skip
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1; for ONNX also tensorrt (default: a GPU if any)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the results of an earlier explain")


def run(arguments: argparse.Namespace) -> int:
    """Explain them."""
    from radiobundle.serving.explain import explain_command

    options = chosen(arguments, "output", "filters", "features", "device", "overwrite")
    options |= {"methods": arguments.method, "labels": arguments.label, "layers": arguments.layer}
    return explain_command(arguments.model, arguments.inputs, **options)
