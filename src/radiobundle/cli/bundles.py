"""Commands about bundles: render, lint, init."""

from __future__ import annotations

import argparse

from radiobundle.cli.arguments import Commands, names


def add_bundles_commands(commands: Commands) -> None:
    """Declare them."""
    _add_render(commands)
    _add_lint(commands)
    _add_init(commands)
    _add_package(commands)


def _add_render(commands: Commands) -> None:
    parser = commands.add_parser("render", help="write bundles' configs from the templates")
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="bundle folders (default: bundles/*)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a config is stale")
    parser.set_defaults(run=_render)


def _render(arguments: argparse.Namespace) -> int:
    from radiobundle.authoring.render import render_command

    return render_command(arguments.bundles, check=arguments.check)


def _add_lint(commands: Commands) -> None:
    parser = commands.add_parser("lint", help="check bundles as MONAI and the Model Zoo would; exit 1 on errors")
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE", help="bundle folders or zips, anybody's")
    parser.add_argument("--code", action="store_true", help="list everything that the configurations would run")
    parser.add_argument(
        "--run",
        dest="run_network",
        action="store_true",
        help="also run the network once; without it nothing of a bundle is run",
    )
    parser.add_argument("--json", action="store_true", help="print findings and code as JSON")
    parser.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    from radiobundle.authoring.lint.command import lint_command

    return lint_command(arguments.bundles, show_code=arguments.code, as_json=arguments.json, run=arguments.run_network)


def _add_init(commands: Commands) -> None:
    parser = commands.add_parser("init", help="make a new bundle for your own images and labels")
    parser.add_argument("name", metavar="NAME", help="new folder; its last part names the bundle")
    parser.add_argument("--labels", type=names, required=True, metavar="A,B,C", help="in the order of the outputs")
    parser.add_argument(
        "--task", choices=("multilabel", "multiclass"), default="multilabel", help="default: %(default)s"
    )
    parser.add_argument("--size", type=int, default=224, metavar="PX", help="height and width (default: %(default)s)")
    parser.set_defaults(run=_init)


def _init(arguments: argparse.Namespace) -> int:
    from radiobundle.authoring.init import init_command

    return init_command(arguments.name, labels=arguments.labels, task=arguments.task, size_px=arguments.size)


def _add_package(commands: Commands) -> None:
    parser = commands.add_parser("package", help="make a trained run one self-contained bundle, as a zip")
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of the bundle that was trained")
    parser.add_argument(
        "--run", required=True, dest="trained", metavar="RUN", help="output folder of the training, evaluated"
    )
    parser.add_argument("--output", required=True, metavar="ZIP")
    parser.add_argument("--images", "--films", nargs="*", default=[], help="on which TorchScript and ONNX must "
                        "agree with PyTorch (default: those that the run was judged on)")  # fmt: skip
    parser.add_argument("--no-export", action="store_true", help="leave TorchScript and ONNX out")
    parser.set_defaults(run=_package)


def _package(arguments: argparse.Namespace) -> int:
    from radiobundle.packaging.package import package_command

    return package_command(
        arguments.bundle,
        run=arguments.trained,
        output=arguments.output,
        images=arguments.images,
        export=not arguments.no_export,
    )
