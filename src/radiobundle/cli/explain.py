"""Show where a network looks: heat maps by several methods, filters, feature maps; exit 1 if some images fail.

Writes explain.csv (a row for each image, label and method), figures (image and heat maps side by side), maps (arrays at
the image's own resolution, NPY and NIfTI) and index.html, where you can choose the label and the layer.
"""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import chosen, declare_model


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    from radiobundle.explain.methods import METHODS

    declare_model(parser, images="IMAGE")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--method", nargs="+", default=[], metavar="NAME",
                        help=f"{', '.join(METHODS)}; several at once (default: gradcam; for .ts and "
                             ".onnx occlusion)")  # fmt: skip
    parser.add_argument("--label", nargs="+", default=[], metavar="NAME",
                        help="names or indices (default: the predicted ones, else the most probable)")  # fmt: skip
    parser.add_argument("--layer", nargs="+", default=[], metavar="NAME",
                        help="layers for Grad-CAM; several at once (default: the last map)")  # fmt: skip
    parser.add_argument("--filters", nargs="*", metavar="LAYER",
                        help="also show the filters of these convolutions (without names: the first)")  # fmt: skip
    parser.add_argument("--features", nargs="*", metavar="LAYER",
                        help="also show the feature maps of these layers for each image (without names: the last of "
                             "each size)")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace earlier results of this command")


def run(arguments: argparse.Namespace) -> int:
    """Explain the images."""
    from radiobundle.serving.explain import explain_command

    options = chosen(arguments, "output", "filters", "features", "device", "overwrite")
    options |= {"methods": arguments.method, "labels": arguments.label, "layers": arguments.layer}
    return explain_command(arguments.model, arguments.inputs, **options)
