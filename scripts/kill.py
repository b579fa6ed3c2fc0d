"""Kill commands at random moments, start them again, and compare with what nobody interrupted.

    python scripts/kill.py IMAGES DATALIST.json [--kills 10] [--seed 0] [--epochs 3]

Five commands on a small network (24 px): training (resumed), report, package, predict and sweep (gone on with; two
configurations with two seeds). After each kill
(SIGKILL, at a moment drawn evenly from the command's own duration) nothing half-written may be taken for whole; after
the next start the result must be that of the uninterrupted command (weights and tables to the bit), and no temporary
file may be left.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from radiobundle.files import file_sha256
from radiobundle.networks.content_hash import content_sha256
from radiobundle.result_set import complete_results

BUNDLE = Path(__file__).parents[1] / "bundles" / "pneumonia"
NETWORK = {"_target_": "radiobundle.networks.SimpleCNN", "num_classes": "@num_classes"}


@dataclass(frozen=True)
class Case:
    """One command.

    Attributes:
        name: of it.
        command: its words, given a folder to work in.
        prepare: puts what it needs into a folder.
        result: what it has made in a folder, comparable by ==.
        whole: whether what lies in a folder right after a kill is whole or absent.
    """

    name: str
    command: Callable[[Path], list[str]]
    prepare: Callable[[Path], None]
    result: Callable[[Path], object]
    whole: Callable[[Path], bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("datalist", type=Path)
    parser.add_argument("--kills", type=int, default=10, help="of each command")
    parser.add_argument("--only", help="this command alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    print("| command | seconds | kills | partial results | equal in the end | files left behind |")
    print("|---|---|---|---|---|---|")
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        cases = make_cases(Path(name), arguments)
        for case in (case for case in cases if arguments.only in (None, case.name)):
            bad += try_case(case, Path(name), kills=arguments.kills, rng=rng)
    return int(bad > 0)


def try_case(case: Case, scratch: Path, *, kills: int, rng: np.random.Generator) -> int:
    """Kill one command several times and print a row; return how often something was wrong."""
    reference = scratch / f"{case.name}-reference"
    case.prepare(reference)
    begin = time.perf_counter()
    subprocess.run(case.command(reference), cwd=BUNDLE, check=True, capture_output=True)
    seconds = time.perf_counter() - begin
    expected = case.result(reference)
    half, equal, left = 0, 0, 0
    for number in range(kills):
        folder = scratch / f"{case.name}-{number}"
        case.prepare(folder)
        process = subprocess.Popen(
            case.command(folder), cwd=BUNDLE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(float(rng.uniform(0, seconds)))
        process.kill()
        process.wait()
        half += not case.whole(folder)
        subprocess.run(case.command(folder), cwd=BUNDLE, check=False, capture_output=True)
        equal += case.result(folder) == expected
        left += len([path for path in folder.rglob(".*") if "~" in path.name or path.name.startswith(".results")])
        shutil.rmtree(folder)
    print(f"| {case.name} | {seconds:.1f} | {kills} | {half} | {equal} of {kills} | {left} |", flush=True)
    return half + (kills - equal) + left


def make_cases(scratch: Path, arguments: argparse.Namespace) -> list[Case]:
    """Train and evaluate one run, and return the commands that start from it."""
    trained = scratch / "trained"
    for names in (["train"], ["train", "evaluate"]):
        subprocess.run(run_bundle(trained, names, arguments), cwd=BUNDLE, check=True, capture_output=True)
    images = sorted(str(path) for path in arguments.images.rglob("*.jp*g"))[:200]
    (scratch / "list.csv").write_text("image\n" + "\n".join(images) + "\n")
    python = [sys.executable, "-m", "radiobundle"]

    def copy_run(folder: Path) -> None:
        shutil.copytree(trained, folder / "run")

    def tables(folder: Path) -> list[str]:
        complete_results(folder / "run")
        return [file_sha256(folder / "run" / name) for name in ("metrics.json", "report.md", "thresholds.json")]

    def set_is_whole(folder: Path) -> bool:
        metrics, page = folder / "run/metrics.json", folder / "run/report.md"
        if not (metrics.is_file() and page.is_file()):
            return True  # incomplete, and results.json, which is missing too, says so
        return json.loads(metrics.read_text())["predictions"]["sha256"][:12] in page.read_text()

    def answers(folder: Path) -> object:
        table = folder / "out/predictions.csv"
        return pd.read_csv(table).sort_values("image").to_csv(index=False) if table.is_file() else None

    def zip_is_whole(folder: Path) -> bool:
        path = folder / "x.zip"
        if not path.exists():
            return True
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None

    (scratch / "sweep.yaml").write_text(json.dumps(sweep_file(arguments)))

    def sweep_tables(folder: Path) -> object:
        return [(folder / "sweep" / name).read_text() for name in ("results.csv", "trials.csv", "ensembles.csv")]

    def trials_are_whole(folder: Path) -> bool:
        ended = [path.parent for path in folder.glob("sweep/trials/*/trial.json")]
        return all((trial / "predictions.csv").is_file() and (trial / "models/model.pt").is_file() for trial in ended)

    def trained_weights(folder: Path) -> object:
        weights = folder / "run/models/model.pt"
        history = pd.read_csv(folder / "run/history.csv").drop(columns="seconds").to_csv(index=False)
        return content_sha256(torch.load(weights, weights_only=True)), history

    return [
        Case("training", lambda folder: run_bundle(folder / "run", ["train"], arguments, "--resume", "true"),
             lambda folder: folder.mkdir(), trained_weights, lambda folder: True),
        Case("report", lambda folder: [*python, "report", str(folder / "run/predictions.csv"), "--output",
                                       str(folder / "run"), "--fit-rule", "f1", "--bootstrap", "200"],
             copy_run, tables, set_is_whole),
        Case("package", lambda folder: [*python, "package", str(BUNDLE), "--run", str(trained), "--no-export",
                                        "--output", str(folder / "x.zip")],
             lambda folder: folder.mkdir(), lambda folder: file_sha256(folder / "x.zip"), zip_is_whole),
        Case("predict", lambda folder: [*python, "predict", str(trained), str(scratch / "list.csv"), "--output",
                                        str(folder / "out"), "--batch-size", "8"],
             lambda folder: folder.mkdir(), answers, lambda folder: answers(folder) is None or True),
        Case("sweep", lambda folder: [*python, "sweep", str(scratch / "sweep.yaml"), "--output", str(folder / "sweep"),
                                      "--store-dir", str(Path(tempfile.gettempdir()) / "kill-store")],
             lambda folder: folder.mkdir(), sweep_tables, trials_are_whole),
    ]  # fmt: skip


def sweep_file(arguments: argparse.Namespace) -> dict[str, object]:
    """Return a sweep of two configurations with two seeds, as its file states it."""
    return {
        "bundle": str(BUNDLE),
        "dataset_dir": str(arguments.images.resolve()),
        "datalist": str(arguments.datalist.resolve()),
        "seeds": [0, 1],
        "budget": {"epochs": arguments.epochs},
        "overrides": {"image_size_px": [24, 24], "network_def": NETWORK},
        "grid": {"optimizer": ["@optimizers#adamw", "@optimizers#adam"]},
    }


def run_bundle(output: Path, names: list[str], arguments: argparse.Namespace, *more: str) -> list[str]:
    """Return the words of a training or evaluation."""
    files = [f"configs/{name}.json" for name in names]
    return [
        sys.executable, "-m", "monai.bundle", "run", "training" if len(names) == 1 else "evaluating", "--config_file",
        str(files), "--dataset_dir", str(arguments.images), "--datalist", str(arguments.datalist), "--output_dir",
        str(output), "--store_dir", str(Path(tempfile.gettempdir()) / "kill-store"), "--image_size_px", "[24,24]",
        "--network_def", json.dumps(NETWORK), "--max_epochs", str(arguments.epochs), *more,
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
