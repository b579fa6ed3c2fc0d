"""`radiobundle predict` against a bare loop that decodes a batch in threads, runs the network and keeps the numbers.

The loop writes nothing, looks for nothing and survives nothing: no table, no thresholds, no out-of-distribution score,
no bad image, no resuming. It runs the same network in the same precision, once as `predict` does, with batch
normalisation folded on a CPU, and once without.

    python scripts/benchmark_predict.py [--device cuda] [--images 2000] [--network densenet121]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from monai.bundle import ConfigParser

from benchmark_common import BUNDLE, describe_machine, make_images, make_parser, publish, race, speed_rows
from radiobundle.evaluation.fitting.out_of_distribution import FILE as OUT_OF_DISTRIBUTION
from radiobundle.evaluation.fitting.out_of_distribution import (
    OutOfDistribution,
    fit_out_of_distribution,
    write_out_of_distribution,
)
from radiobundle.files import read_json, write_json
from radiobundle.models.trained import WEIGHTS, TrainedModel, load_model
from radiobundle.networks.features import FeatureTap
from radiobundle.serving.predict import predict_command
from radiobundle.training.precision import AutocastInferer

OURS = "radiobundle predict"
BATCH = 64


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=2000, help="images (default %(default)s, synthetic)")
    parser.add_argument("--size", type=int, default=150, help="their height and width (default %(default)s)")
    parser.add_argument("--network", default="resnet18", help="one of the bundle's networks (default %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_images(Path(folder), round(arguments.images * 0.8), size_px=arguments.size)
        model = untrained_bundle(Path(folder) / "bundle", arguments.network)
        speeds = race(
            contenders(model, paths["dataset_dir"], arguments), rounds=arguments.rounds, device=arguments.device
        )
    facts = {
        "machine": describe_machine(arguments.device),
        "network": f"{arguments.network}, 1 channel, 128 px",
        "batch": BATCH,
        "images": f"{arguments.images} JPEG of {arguments.size} px",
    }
    publish("Predict", facts, speed_rows(speeds, OURS), arguments.output)


def untrained_bundle(folder: Path, network: str) -> Path:
    """Copy the bundle with one of its networks and give it weights; good ones would not be faster."""
    shutil.copytree(BUNDLE / "configs", folder / "configs")
    config = folder / "configs" / "inference.json"
    write_json(config, {**read_json(config), "network_def": f"@networks#{network}"})
    parser = ConfigParser()
    parser.read_config(str(config))
    parser.read_meta(str(folder / "configs" / "metadata.json"))
    (folder / "models").mkdir()
    torch.save(parser.get_parsed_content("network_def").state_dict(), folder / WEIGHTS)
    return folder


def describe(folder: Path, paths: list[Path]) -> OutOfDistribution:
    """Return what evaluation would ship beside the weights."""
    model = load_model(folder)
    tap = FeatureTap(model.network)
    model.answer(np.stack([model.reader(path) for path in paths]))
    return fit_out_of_distribution(tap.take().numpy())


def contenders(model: Path, folder_of_images: str, arguments: argparse.Namespace) -> dict[str, Callable[[], int]]:
    paths = sorted(Path(folder_of_images).rglob("*.jpg"))
    loaded = load_model(model, device=arguments.device)  # before there is a score: the network and nothing else
    plain = replace(loaded, infer=AutocastInferer(arguments.device))
    write_out_of_distribution(model / "models" / OUT_OF_DISTRIBUTION, describe(model, paths[:BATCH]))
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))

    def bare(model: TrainedModel) -> int:
        kept = []
        for start in range(0, len(paths), BATCH):
            pixels = np.stack(list(pool.map(model.reader, paths[start : start + BATCH])))
            kept.append(model.answer(pixels).probabilities)
        return len(np.concatenate(kept))

    def ours() -> int:
        with tempfile.TemporaryDirectory() as output, contextlib.redirect_stderr(io.StringIO()):
            predict_command(
                str(model), [folder_of_images], output=output, batch_size=BATCH, device=arguments.device, overwrite=True
            )
        return len(paths)

    return {"bare loop": partial(bare, loaded), "the same, not folded": partial(bare, plain), OURS: ours}


if __name__ == "__main__":
    main()
