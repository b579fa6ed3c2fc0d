"""The `radiobundle` command: argument parsing only; each command imports what it needs when it runs.

Every `_add_*` function declares one command and binds the function that carries it out. Errors the user can mend are
raised as `ValueError`, `OSError` or a subclass, and are printed in one line with exit status 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from radiobundle import __doc__ as package_summary
from radiobundle import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (0 done, 1 the check found something, 2 wrong input)."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except (ValueError, OSError) as error:
        print(f"radiobundle {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"radiobundle {arguments.command}: interrupted; nothing half-written was kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="radiobundle", description=package_summary)
    parser.add_argument("--version", action="version", version=f"radiobundle {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_phantom(commands)
    _add_datalist(commands)
    _add_audit(commands)
    _add_render(commands)
    _add_lint(commands)
    _add_report(commands)
    _add_compare(commands)
    _add_predict(commands)
    return parser


def _add_phantom(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("phantom", help="draw synthetic radiographs in a task's own source layout")
    parser.add_argument("task", choices=["chestxray14", "pneumonia"], metavar="TASK", help="%(choices)s")
    parser.add_argument("output", metavar="OUT", help="new or empty folder")
    parser.add_argument("--images", type=int, default=300, metavar="N", help="number of images (default: %(default)s)")
    parser.add_argument("--size", type=int, default=150, metavar="PX", help="height and width (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: %(default)s)")
    parser.set_defaults(run=_phantom)


def _phantom(arguments: argparse.Namespace) -> int:
    from radiobundle.phantoms.command import phantom_command

    return phantom_command(
        arguments.task, arguments.output, n_images=arguments.images, size_px=arguments.size, seed=arguments.seed
    )


def _add_datalist(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("datalist", help="make a leak-free datalist from a folder or table")
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    pneumonia = sources.add_parser("pneumonia", help="{train,val,test}/{normal,infected/covid,infected/non-covid}")
    table = sources.add_parser("csv", help="any CSV table with one row per image")
    chestxray14 = sources.add_parser("chestxray14", help="the NIH's table, official lists and boxes")
    for source in (pneumonia, table, chestxray14):
        source.add_argument("dataset_dir", metavar="DIR", help="folder that image names are relative to")
        _add_datalist_options(source)
        source.set_defaults(run=_datalist, source_options=())
    chestxray14.add_argument("--csv", metavar="FILE", help="the label table (default: Data_Entry_2017* in DIR)")
    chestxray14.set_defaults(source_options=("csv",))
    table.add_argument("--csv", metavar="FILE", help="the table (default: the only CSV in DIR)")
    table.add_argument("--image-column", default="image", metavar="NAME", help="default: %(default)s")
    table.add_argument("--labels", type=_names, default=[], metavar="A,B,C", help="label columns, in order")
    table.add_argument("--label-column", metavar="NAME", help="one column of class names instead")
    table.add_argument("--label-separator", metavar="TEXT", help="the label column holds several names, divided so")
    table.add_argument("--no-finding", metavar="NAME", help="name that means none of the labels")
    optional = [f"{what}_column" for what in ("patient", "study", "view", "age", "sex", "split")]
    for name in optional:
        table.add_argument(f"--{name.replace('_', '-')}", metavar="NAME")
    table.add_argument("--group-columns", type=_names, default=[], metavar="A,B", help="further columns to keep")
    own = ("csv", "image_column", "labels", "label_column", "label_separator", "no_finding", "group_columns")
    table.set_defaults(source_options=(*own, *optional))


def _add_datalist_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", required=True, metavar="FILE", help="datalist JSON to write")
    parser.add_argument(
        "--split",
        choices=["given", "carved", "official", "stratified", "patient", "random"],
        help="given: the source's; carved: the source's test, the rest anew (default of pneumonia); official: the same "
        "by patient (default of chestxray14); stratified: all anew (default of csv); patient: the same, and every "
        "image must name its patient; random: image by image, which leaks patients",
    )
    parser.add_argument("--fractions", type=_numbers, default=(0.7, 0.1, 0.2), metavar="T,V,T", help="0.7,0.1,0.2")
    parser.add_argument("--validation-fraction", type=float, default=0.1, metavar="X", help="of carved (default: 0.1)")
    parser.add_argument("--folds", type=int, metavar="K", help="write K datalists FILE-fold0 ... instead")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--uncertain", choices=["ones", "zeros", "ignore"], default="ignore", help="default: ignore")
    parser.add_argument("--not-mentioned", choices=["zeros", "ignore"], default="zeros", help="default: zeros")
    parser.add_argument(
        "--duplicates",
        choices=["bytes,near", "bytes", "none"],
        default="bytes,near",
        help="copies to keep together; none reads no image (default: %(default)s)",
    )
    parser.add_argument("--missing-images", choices=["error", "skip", "keep"], default="error", help="default: error")
    parser.add_argument(
        "--on-bad-image",
        choices=["error", "skip"],
        default="error",
        help="skip lists them in FILE with the suffix .bad.csv (default: %(default)s)",
    )


def _datalist(arguments: argparse.Namespace) -> int:
    from radiobundle.datalists.build import DatalistOptions, datalist_command
    from radiobundle.datalists.plan import SplitOptions
    from radiobundle.sources.registry import SOURCES

    split = SplitOptions(
        name=arguments.split or SOURCES[arguments.source].default_split,
        fractions=arguments.fractions,
        validation_fraction=arguments.validation_fraction,
        folds=arguments.folds,
        seed=arguments.seed,
    )
    return datalist_command(
        arguments.source,
        arguments.dataset_dir,
        arguments.output,
        source_options={name: getattr(arguments, name) for name in arguments.source_options},
        options=DatalistOptions(
            split=split,
            uncertain=arguments.uncertain,
            not_mentioned=arguments.not_mentioned,
            duplicates=arguments.duplicates,
            missing_images=arguments.missing_images,
            on_bad_image=arguments.on_bad_image,
        ),
    )


def _add_audit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("audit", help="look for leakage, duplicates and broken files; exit 1 on leakage")
    parser.add_argument("datalist", metavar="DATALIST")
    parser.add_argument("--dataset-dir", required=True, metavar="DIR", help="folder that image names are relative to")
    parser.add_argument("--json", metavar="FILE", help="write the whole report as JSON ('-': stdout)")
    parser.set_defaults(run=_audit)


def _audit(arguments: argparse.Namespace) -> int:
    from radiobundle.datalists.audit_command import audit_command

    return audit_command(arguments.datalist, dataset_dir=arguments.dataset_dir, json_path=arguments.json)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers divided by commas") from None


def _add_render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("render", help="write bundles' configs from the templates")
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="bundle folders (default: bundles/*)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a config is stale")
    parser.set_defaults(run=_render)


def _render(arguments: argparse.Namespace) -> int:
    from radiobundle.bundles.render import render_command

    return render_command(arguments.bundles, check=arguments.check)


def _add_lint(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("lint", help="check bundles as MONAI and the Model Zoo would; exit 1 on errors")
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE", help="bundle folders, anybody's")
    parser.add_argument("--code", action="store_true", help="list everything that the configurations would run")
    parser.add_argument("--json", action="store_true", help="print findings and code as JSON")
    parser.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    from radiobundle.bundles.lint.command import lint_command

    return lint_command(arguments.bundles, show_code=arguments.code, as_json=arguments.json)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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
    from radiobundle.evaluation.report import write_report

    write_report(
        arguments.predictions,
        arguments.output,
        thresholds=arguments.thresholds,
        groups=[name for name in arguments.groups.split(",") if name],
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        fit_rule=arguments.fit_rule,
        prevalence=arguments.prevalence,
        task=arguments.task,
        column_map=_parse_map(arguments.map),
    )
    print(f"{arguments.output}: report.html, report.md, metrics.json")
    return 0


def _add_compare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("compare", help="compare models on the same images")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folder with a predictions.csv, or such a file")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only one there is")
    _add_reading_options(parser)
    parser.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from radiobundle.evaluation.compare import compare_runs

    compare_runs(
        arguments.runs,
        arguments.output,
        split=arguments.split,
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        task=arguments.task,
        column_map=_parse_map(arguments.map),
    )
    print(f"{arguments.output}: compare.md, compare.json, compare.png")
    return 0


def _add_predict(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("predict", help="predict any films with a trained run or bundle; exit 1 if some fail")
    parser.add_argument("model", metavar="MODEL", help="output folder of a training, or a bundle with its weights")
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, patterns, or a CSV of films")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="default: %(default)s")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1 ... (default: a GPU if there is one)")
    parser.add_argument("--precision", default="auto", metavar="NAME", help="auto, fp32, bf16 or fp16")
    parser.add_argument("--explain", action="store_true", help="also draw a heat map (Grad-CAM) of every film")
    parser.add_argument("--overwrite", action="store_true", help="begin anew in a folder that holds results")
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
        overwrite=arguments.overwrite,
    )


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bootstrap", type=int, default=1000, metavar="N", help="resamples (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", choices=("multiclass", "multilabel"), help="default: inferred from the file")
    parser.add_argument("--map", action="append", default=[], metavar="NAME=COLUMN",
                        help="our column NAME is the file's COLUMN, such as image=filename; repeatable")  # fmt: skip


def _parse_map(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise ValueError(f"--map {pair}: write NAME=COLUMN, such as image=filename")
    return dict(pair.split("=", 1) for pair in pairs)
