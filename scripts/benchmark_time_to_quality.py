"""Minutes until the validation AUROC is what the usual MONAI pipeline reaches at its best, on real radiographs.

The usual pipeline: LoadImaged, Resized, ScaleIntensityd, four random dictionary transforms, CacheDataset,
SupervisedTrainer, float32, Adam with a constant rate of 0.001. The bundle: its default configuration with the recipes
of `--recipes`, as `python -m monai.bundle run training` runs it. Both train the same ResNet18 on the same images with
the same loss and are validated after every epoch; the clock starts before the cache or the store is filled. Runs take
turns (usual, bundle, usual, ...), a finished run is kept in `--work` and not repeated.

    python scripts/benchmark_time_to_quality.py --pneumonia DIR --chestxray14 DIR --fracatlas DIR --work FOLDER \
        --recipes quick --figure docs/time_to_quality.png
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Events
from monai.bundle import ConfigWorkflow
from monai.data import CacheDataset, DataLoader
from monai.engines import SupervisedEvaluator, SupervisedTrainer, Workflow
from monai.handlers import ValidationHandler
from monai.transforms import Compose
from monai.utils import set_determinism

from benchmark_common import BUNDLE, describe_machine, publish
from radiobundle.cli import main as radiobundle
from radiobundle.files import read_json, write_json
from radiobundle.reporting.style import COLOURS, LEGEND_INCH, legend_below, panels, save, tidy
from usual_pipeline import augmentation, loading

USUAL = "usual"


@dataclass(frozen=True)
class Case:
    """One set of radiographs.

    Attributes:
        source: of `radiobundle datalist`, and the option that names its folder.
        bundle: trained on it.
        recipes: that give the bundle ResNet18.
        options: of `radiobundle datalist`.
    """

    source: str
    bundle: str
    recipes: tuple[str, ...]
    options: tuple[str, ...]


CASES = (
    Case("pneumonia", "pneumonia", (), ()),
    Case(
        "chestxray14",
        "chestxray14",
        ("resnet18",),
        ("--split", "official", "--validation-fraction", "0.3", "--missing-images", "skip"),
    ),
    Case("fracatlas", "fracatlas", ("resnet18",), ("--fractions", "0.65,0.3,0.05")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for case in CASES:
        parser.add_argument(f"--{case.source}", type=Path, metavar="DIR", help=f"the real images of {case.source}")
    parser.add_argument("--work", type=Path, required=True, help="folder for lists, stores and finished runs")
    parser.add_argument("--recipes", nargs="*", default=[], help="recipes of the bundle, in order")
    parser.add_argument("--override", nargs="*", default=[], metavar="KEY=JSON", help="settings of the bundle")
    parser.add_argument("--name", help="of the bundle's runs in the table (default: the recipes)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each (default %(default)s)")
    parser.add_argument("--images", type=int, default=1200, help="training images at most (default %(default)s)")
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--usual-epochs", type=int, default=10, help="of the usual pipeline (default %(default)s)")
    parser.add_argument("--figure", type=Path, help="plot AUROC against minutes here")
    parser.add_argument("--output", type=Path, help="also write the result here, as JSON")
    parser.add_argument("--run", nargs=3, metavar=("SOURCE", "ARM", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    ours = arguments.name or "bundle" + "".join(f" + {recipe}" for recipe in arguments.recipes)
    if arguments.run:
        run_one(arguments)
        return
    curves: dict[str, dict[str, list[Curve]]] = {}
    for case in CASES:
        if folder := getattr(arguments, case.source):
            make_list(case, folder, arguments)
            curves[case.source] = run_in_turns(case, (USUAL, ours), arguments)
    rows = [row for source, arms in curves.items() for row in compare(source, arms[USUAL], arms[ours])]
    facts = {
        "machine": describe_machine(),
        "network": f"ResNet18, {arguments.image_size} px",
        "bundle": ours,
        "seeds": arguments.seeds,
    }
    publish("Time to quality", facts, rows, arguments.output)
    if arguments.figure:
        plot(curves, arguments.figure)


Curve = list[tuple[float, float]]  # (seconds since the start, validation AUROC) after each epoch


def make_list(case: Case, folder: Path, arguments: argparse.Namespace) -> None:
    """Write the datalist once, with at most so many training images."""
    path = list_of(case.source, arguments)
    if path.exists():
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    radiobundle(["datalist", case.source, str(folder), "--output", str(path), *case.options])
    content = read_json(path)
    training = content["training"]
    step = max(1.0, len(training) / arguments.images)
    content["training"] = [training[int(index * step)] for index in range(int(len(training) / step))]
    path.write_text(json.dumps(content), encoding="utf-8")


def list_of(source: str, arguments: argparse.Namespace) -> Path:
    return Path(arguments.work) / f"{source}.json"


def run_in_turns(case: Case, arms: Sequence[str], arguments: argparse.Namespace) -> dict[str, list[Curve]]:
    """Run every arm with every seed, each in its own process, and return the curves."""
    curves: dict[str, list[Curve]] = {arm: [] for arm in arms}
    for seed in range(arguments.seeds):
        for arm in arms:
            path = result_of(case.source, arm, seed, arguments)
            if not path.exists():
                print(f"{case.source}, {arm}, seed {seed}", flush=True)
                subprocess.run([sys.executable, *sys.argv, "--run", case.source, arm, str(seed)], check=True)
            curves[arm].append([tuple(point) for point in read_json(path)["curve"]])
    return curves


def result_of(source: str, arm: str, seed: int, arguments: argparse.Namespace) -> Path:
    return Path(arguments.work) / "runs" / f"{source}, {arm}, {seed}.json"


def run_one(arguments: argparse.Namespace) -> None:
    """Run one training and write its curve."""
    source, arm, seed = arguments.run
    case = next(case for case in CASES if case.source == source)
    run = usual_run if arm == USUAL else bundle_run
    path = result_of(source, arm, int(seed), arguments)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.with_suffix("")
    workflow = load_bundle(case, folder, int(seed), arguments)
    begin = time.perf_counter()
    curve = run(workflow, case, int(seed), begin, arguments)
    write_json(path, {"machine": describe_machine(), "settings": arguments.override, "curve": curve})


def load_bundle(case: Case, folder: Path, seed: int, arguments: argparse.Namespace) -> ConfigWorkflow:
    bundle = BUNDLE.with_name(case.bundle)
    names = ["train", *(f"recipes/{name}" for name in (*case.recipes, *arguments.recipes))]
    overrides: Mapping[str, Any] = {
        key: json.loads(value) for key, value in (text.split("=", 1) for text in arguments.override)
    }
    workflow = ConfigWorkflow(
        config_file=[str(bundle / "configs" / f"{name}.json") for name in names],
        meta_file=str(bundle / "configs" / "metadata.json"),
        logging_file=False,
        workflow_type="train",
        image_size_px=[arguments.image_size] * 2,
        seed=seed,
        dataset_dir=str(getattr(arguments, case.source)),
        datalist=str(list_of(case.source, arguments)),
        output_dir=str(folder / "output"),
        store_dir=str(folder / "store"),
        **overrides,
    )
    workflow.initialize()
    return workflow


def bundle_run(workflow: ConfigWorkflow, case: Case, seed: int, begin: float, arguments: argparse.Namespace) -> Curve:
    curve = watch(workflow.parser.get_parsed_content("validate#evaluator"), begin)
    workflow.run()
    return curve


def usual_run(workflow: ConfigWorkflow, case: Case, seed: int, begin: float, arguments: argparse.Namespace) -> Curve:
    set_determinism(seed)
    data = workflow.parser.get_parsed_content("data")
    load = loading(arguments.image_size, reader="PILReader", converter=to_gray)
    items = {
        split: [
            {"image": item["image"], "label": torch.tensor(item["label"], dtype=torch.float32)} for item in data[split]
        ]
        for split in ("training", "validation")
    }
    training = CacheDataset(items["training"], Compose([*load, *augmentation()]), progress=False)
    validation = CacheDataset(items["validation"], Compose(load), progress=False)
    network = copy.deepcopy(workflow.parser.get_parsed_content("network_def"))
    network.to(memory_format=torch.contiguous_format)
    evaluator = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(validation, batch_size=64),
        network=network,
        postprocessing=workflow.parser.get_parsed_content("postprocessing"),
        key_val_metric=workflow.parser.get_parsed_content("validate#key_metric"),
        decollate=False,
    )
    curve = watch(evaluator, begin)
    SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=arguments.usual_epochs,
        train_data_loader=DataLoader(training, batch_size=64, shuffle=True, drop_last=True),
        network=network,
        optimizer=torch.optim.Adam(network.parameters(), 1e-3),
        loss_function=workflow.parser.get_parsed_content("loss_function"),
        train_handlers=[ValidationHandler(interval=1, validator=evaluator, epoch_level=True)],
    ).run()
    return curve


def to_gray(image: Any) -> Any:
    return image.convert("L")


def watch(evaluator: Workflow, begin: float) -> Curve:
    """Return a list that grows by a point with every validation."""
    curve: Curve = []

    def note(engine: Workflow) -> None:
        curve.append((time.perf_counter() - begin, float(engine.state.metrics["auroc"])))
        print(f"    {curve[-1][0]:7.1f} s  {curve[-1][1]:.4f}", flush=True)

    evaluator.add_event_handler(Events.COMPLETED, note)
    return curve


def compare(source: str, usual: Sequence[Curve], ours: Sequence[Curve]) -> list[dict[str, Any]]:
    """Return a row for each seed and one for the mean curves: the times to the usual pipeline's best AUROC, and both's.

    The best of a mean over seeds, epoch by epoch, depends less on luck than the best of one run.
    """
    rows = []
    curves = [*zip(range(len(usual)), usual, ours, strict=True), ("mean", mean_curve(usual), mean_curve(ours))]
    for seed, slow, quick in curves:
        begin, best = max(slow, key=lambda point: point[1])
        reached = next((seconds for seconds, auroc in quick if auroc >= best), None)
        rows.append(
            {
                "set": source,
                "seed": seed,
                "usual: best AUROC": f"{best:.4f}",
                "after, s": round(begin),
                "bundle: as good after, s": "not reached" if reached is None else round(reached),
                "times as fast": "" if reached is None else f"{begin / reached:.2f}",
                "bundle: best AUROC": f"{max(auroc for _, auroc in quick):.4f}",
                "all epochs, s": f"{slow[-1][0]:.0f} and {quick[-1][0]:.0f}",
            }
        )
    return rows


def mean_curve(runs: Sequence[Curve]) -> Curve:
    """Return the mean time and AUROC of several runs after each epoch that all of them have."""
    return [
        (sum(seconds for seconds, _ in points) / len(points), sum(auroc for _, auroc in points) / len(points))
        for points in zip(*runs, strict=False)
    ]


def plot(curves: Mapping[str, Mapping[str, Sequence[Curve]]], path: Path) -> None:
    """Plot the best AUROC so far against minutes: a panel for each set, a line for each run."""
    figure, panes = panels(len(curves), columns=3, size_inch=3.6, legend_inch=LEGEND_INCH)
    for axes, (source, arms) in zip(panes, curves.items(), strict=True):
        for (arm, runs), colour in zip(arms.items(), COLOURS, strict=False):
            for seed, curve in enumerate(runs):
                minutes = [seconds / 60 for seconds, _ in curve]
                best = [max(auroc for _, auroc in curve[: end + 1]) for end in range(len(curve))]
                label = arm if seed == 0 else None
                axes.step(minutes, best, where="post", color=colour, linewidth=1.4, label=label)
        tidy(axes, title=source, xlabel="minutes", ylabel="best validation AUROC so far")
        legend_below(axes)
    save(figure, path)


if __name__ == "__main__":
    main()
