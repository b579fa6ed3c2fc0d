"""Train and compare many configurations, seeds and folds; resumable.

FILE is a YAML that states bundle, datalists, seeds, rows, grid or search (docs/sweeps.md). What is finished in DIR is
never trained again, and what was interrupted goes on. `radiobundle sweep status DIR` says how far a sweep is.
Exit status: 0 all trials have a result, 1 some failed (their reasons are in trials.csv), 2 wrong input.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from radiobundle.cli.arguments import chosen
from radiobundle.words import counted

if TYPE_CHECKING:
    from radiobundle.sweeps.plan import Plan

STATUS = "status"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("file", metavar="FILE", help="the sweep's YAML; or the word status")
    parser.add_argument("folder", nargs="?", metavar="DIR", help="after status: folder of a sweep")
    parser.add_argument("--output", metavar="DIR", help="folder of the sweep, the same for all its workers")
    parser.add_argument("--dataset-dir", metavar="DIR", help="of the images, instead of the file's")
    parser.add_argument("--datalist", metavar="FILE", help="path or 'pattern' instead of the file's")
    parser.add_argument("--store-dir", metavar="DIR", help="of decoded images (default: in the sweep's folder)")
    parser.add_argument(
        "--storage", metavar="URL", help="of a search: a database, grpc://HOST:PORT, or a .log file (default: in DIR)"
    )
    parser.add_argument("--final", action="append", default=[], metavar="NAME",
                        help="when all is trained: evaluate this configuration on test, once; repeatable")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only list the trials, and how long they take if known")
    parser.add_argument("--estimate", action="store_true",
                        help="like --dry-run, and train a few batches to tell how long all takes")  # fmt: skip
    parser.add_argument("--retry-failed", action="store_true", help="train again what has failed, from its beginning")
    parser.add_argument("--worker", action="store_true",
                        help="only train what no other worker has, and write no tables")  # fmt: skip
    parser.add_argument("--slurm", type=int, metavar="N", help="submit N workers to Slurm, and return")
    parser.add_argument("--slurm-option", action="append", default=[], metavar="KEY=VALUE",
                        help="of submitit, such as timeout_min=600, gpus_per_node=1, slurm_partition=gpu")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run, list, or look."""
    if arguments.file == STATUS:
        return _status(arguments.folder)
    if arguments.folder is not None or arguments.output is None:
        raise ValueError("write `radiobundle sweep FILE --output DIR`, or `radiobundle sweep status DIR`")
    if not arguments.output:
        raise ValueError("`output` is empty; name a folder")
    if arguments.slurm is not None and arguments.slurm < 1:
        raise ValueError(f"`slurm` {arguments.slurm}: submit at least one worker")
    from radiobundle.sweeps.processes import prepare_processes

    if not (arguments.dry_run or arguments.slurm):
        prepare_processes()  # while this one imports what it needs itself
    from radiobundle.sweeps.plan import check_final_names, make_plan
    from radiobundle.sweeps.run import SweepRun
    from radiobundle.sweeps.sweep_file import read_sweep

    plan = make_plan(read_sweep(arguments.file, dataset_dir=arguments.dataset_dir, datalist=arguments.datalist))
    check_final_names(plan, arguments.final)
    if arguments.slurm:
        return _submit(arguments)
    if arguments.dry_run or arguments.estimate:
        _list(plan, arguments.output)
        return _estimate(plan, arguments) if arguments.estimate else 0
    options = chosen(arguments, "store_dir", "storage")
    sweep = SweepRun(plan, arguments.output, **options, say=partial(print, flush=True))
    if arguments.retry_failed:
        sweep.forget_failures()
    sweep.work(wait=not arguments.worker)
    if arguments.worker:
        return 0
    found = sweep.write()
    for row in found.summary.rows:
        print(row.name, "-", row.verdict or "the baseline")
    if arguments.final:
        from radiobundle.sweeps.final import evaluate_final

        path = evaluate_final(sweep.worker, found.summary, arguments.final)
        print(path.read_text("utf-8"), end="")
    print(f"{arguments.output}: {', '.join(_written(Path(arguments.output)))}")
    if found.failed:
        print(f"{counted(len(found.failed), 'trial')} failed; --retry-failed trains them again")
    return int(bool(found.failed))


def _written(folder: Path) -> list[str]:
    """Return the names of what a sweep has written for people."""
    always = ("report.html", "report.md", "results.csv", "trials.csv", "timings.csv")
    return [name for name in (*always, "ensembles.csv", "out_of_fold", "final") if (folder / name).exists()]


def _status(folder: str | None) -> int:
    from radiobundle.sweeps.progress import progress_lines, read_progress

    if folder is None:
        raise ValueError("write `radiobundle sweep status DIR`")
    print("\n".join(progress_lines(read_progress(folder))))
    return 0


def _submit(arguments: argparse.Namespace) -> int:
    from radiobundle.sweeps.slurm import submit_workers

    file, output = (str(Path(name).resolve()) for name in (arguments.file, arguments.output))
    words = ["sweep", file, "--worker", "--output", output]
    for flag in ("dataset_dir", "datalist", "store_dir", "storage"):
        if getattr(arguments, flag) is not None:
            words += [f"--{flag.replace('_', '-')}", getattr(arguments, flag)]
    for option in arguments.slurm_option:
        if "=" not in option:
            raise ValueError(f"`slurm_option` {option}: write KEY=VALUE, such as timeout_min=600")
    pairs = dict(option.split("=", 1) for option in arguments.slurm_option)
    options = {key: int(value) if value.isdecimal() else value for key, value in pairs.items()}
    jobs = submit_workers(words, count=arguments.slurm, folder=Path(arguments.output) / "slurm", options=options)
    print(f"jobs {', '.join(jobs)}; the same command without --slurm waits for them and writes the tables")
    return 0


def _list(plan: Plan, folder: str) -> None:
    from radiobundle.sweeps.progress import planned_progress, progress_lines

    trials = planned_progress(folder, plan)
    for trial in trials:
        print(f"{trial.state:9} {trial.name}")
    print("\n".join(progress_lines(trials)))


def _estimate(plan: Plan, arguments: argparse.Namespace) -> int:
    from radiobundle.sweeps.estimate import estimate_minutes
    from radiobundle.sweeps.image_check import require_images
    from radiobundle.sweeps.worker import Worker

    store_dir = None if arguments.store_dir is None else Path(arguments.store_dir)
    worker = Worker(plan, Path(arguments.output), store_dir=store_dir)
    require_images(plan)
    minutes = estimate_minutes(plan, worker)
    waiting = sum(worker.outcome(trial) is None and not trial.parts for trial in plan.trials)
    left = waiting + plan.searched_trials
    print(
        f"one training of '{plan.baseline}': about {minutes:.1f} min; {left} like it, one worker: {left * minutes:.0f} "
        "min"
    )
    return 0
