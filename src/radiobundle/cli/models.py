"""Commands about trained models: report, compare, predict."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from radiobundle.cli.arguments import Commands


def add_models_commands(commands: Commands) -> None:
    """Declare them."""
    _add_report(commands)
    _add_compare(commands)
    _add_predict(commands)
    _add_export(commands)


def _add_report(commands: Commands) -> None:
    parser = commands.add_parser("report", help="judge a model from its predictions.csv")
    parser.add_argument("predictions", metavar="PREDICTIONS.csv")
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for metrics.json and the report")
    parser.add_argument("--thresholds", metavar="FILE", help="thresholds.json to use instead of fitting one")
    parser.add_argument("--fit-rule", default="youden", metavar="RULE",
                        help="youden, f1, accuracy, sensitivity=X or specificity=X (default: youden)")  # fmt: skip
    parser.add_argument("--groups", default="", metavar="A,B", help="columns to report by, such as sex,age,view")
    parser.add_argument("--prevalence", type=float, metavar="P", help="for the summary out of 1,000 patients")
    _add_reading_options(parser)
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    from radiobundle.reporting.report import write_report

    write_report(
        arguments.predictions,
        arguments.output,
        thresholds=arguments.thresholds,
        groups=[name for name in arguments.groups.split(",") if name],
        fit_rule=arguments.fit_rule,
        prevalence=arguments.prevalence,
        **_reading_options(arguments),
    )
    print(f"{arguments.output}: report.html, report.md, metrics.json")
    return 0


def _add_compare(commands: Commands) -> None:
    parser = commands.add_parser("compare", help="compare models on the same images")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only one there is")
    _add_reading_options(parser)
    parser.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from radiobundle.models.evaluated import require_current_evaluation
    from radiobundle.reporting.compare_report import write_comparison

    require_current_evaluation(*arguments.runs)
    write_comparison(
        arguments.runs,
        arguments.output,
        split=arguments.split,
        **_reading_options(arguments),
    )
    print(f"{arguments.output}: compare.md, compare.json, compare.png")
    return 0


def _add_predict(commands: Commands) -> None:
    parser = commands.add_parser("predict", help="predict any images with a trained run or bundle; exit 1 if some fail")
    parser.add_argument(
        "model", metavar="MODEL", help="output folder of a training, bundle with weights (folder, zip), .ts or .onnx"
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, patterns, or a CSV of images")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1; for ONNX also tensorrt (default: a GPU if any)"
    )
    parser.add_argument("--precision", default="auto", metavar="NAME", help="auto, fp32, bf16 or fp16")
    parser.add_argument("--explain", action="store_true", help="also draw a heat map (Grad-CAM) of every image")
    parser.add_argument("--dicom", action="store_true", help="also write DICOM about DICOM images: Structured Report, "
                        "and the heat map as Secondary Capture")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="begin anew in a folder that holds results")
    parser.add_argument("--verbose", action="store_true", help="also list the files that are not images")
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from radiobundle.serving.predict import predict_command

    return predict_command(
        arguments.model,
        arguments.inputs,
        output=arguments.output,
        batch_size=arguments.batch_size,
        device=arguments.device,
        precision=arguments.precision,
        explain=arguments.explain,
        dicom=arguments.dicom,
        overwrite=arguments.overwrite,
        verbose=arguments.verbose,
    )


def _add_export(commands: Commands) -> None:
    parser = commands.add_parser("export", help="write TorchScript and ONNX that agree with PyTorch on real images")
    parser.add_argument("model", metavar="MODEL", help="output folder of a training, or a bundle with its weights")
    parser.add_argument("images", nargs="+", metavar="IMAGES", help="images to compare on, as for predict")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from radiobundle.packaging.export import export_command

    return export_command(arguments.model, arguments.images, output=arguments.output)


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=("multiclass", "multilabel"), help="default: inferred from the file")
    parser.add_argument("--map", action="append", default=[], metavar="NAME=COLUMN",
                        help="our column NAME is the file's COLUMN, such as image=filename; repeatable")  # fmt: skip


def _reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(arguments, name) for name in ("bootstrap", "seed", "task")}
    return {**options, "column_map": _parse_map(arguments.map)}


def _parse_map(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise ValueError(f"--map {pair}: write NAME=COLUMN, such as image=filename")
    return dict(pair.split("=", 1) for pair in pairs)
