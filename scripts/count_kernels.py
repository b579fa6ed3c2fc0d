"""How many operators a training step launches on its device, by part: on a GPU each is a kernel or more.

A step of the chexpert bundle's trainer, with all its handlers, augmentation and a moving average of the weights, runs
on PyTorch's `meta` device, which computes nothing, so that no GPU is needed and what happens on the host does not
count. An operator may be several kernels on a GPU (the backward of a batch normalisation; a fused or foreach operator,
which CUDA splits at a hundred tensors or so): these are the fewest launches possible. Neither the size nor the number
of the images matters. Autocast does not know `meta`: in bfloat16 each convolution also casts.

    python scripts/count_kernels.py [--networks resnet18,densenet121,efficientnet_b4]
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmark_common import make_parser, publish
from meta_training import iterate, load_on_meta, start_epoch
from operator_count import OperatorCount
from radiobundle.cli import main as radiobundle

BUNDLE = Path(__file__).parents[1] / "bundles" / "chexpert"
PARTS = ("copy", "augmentation", "normalisation", "forward", "loss", "backward", "average", "metrics")
OPTIMISERS: dict[str, dict[str, Any]] = {
    "AdamW, fused": {"fused": True},
    "AdamW, foreach": {"foreach": True},
    "AdamW, one by one": {"foreach": False},
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--networks", default="resnet18,densenet121,efficientnet_b4", help="default: %(default)s")
    parser.add_argument("--kinds", action="store_true", help="also print how often each operator runs in each part")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        paths = make_list(Path(name))
        for network in arguments.networks.split(","):
            count, row = count_step(paths, network)
            rows.append(row)
            for part in PARTS if arguments.kinds else ():
                print(network, part, dict(count.found[part].most_common()))
    facts = {"torch": torch.__version__, "counted on": "meta", "optimiser of the bundle": "AdamW, fused"}
    publish("Kernels per step", facts, rows, arguments.output)


def count_step(paths: dict[str, str], network: str) -> tuple[OperatorCount, dict[str, Any]]:
    """Return the count of one step and its row of the table."""
    settings = {"network_def": f"@networks#{network}", "image_size_px": [64, 64], "batch_size": 4, "ema_decay": 0.999}
    parser = load_on_meta(BUNDLE, **settings, **paths)
    trainer = parser.get_parsed_content("train#trainer")
    start_epoch(trainer)
    iterate(trainer, 1)  # makes the optimiser's and the average's state
    count = OperatorCount("meta")
    mark_parts(count, trainer, parser.get_parsed_content("average"))
    with count:
        iterate(trainer, 2)
    parts = {part: count.total(part) for part in PARTS}
    steps = {name: count_optimiser(list(trainer.network.parameters()), options) for name, options in OPTIMISERS.items()}
    return count, {"network": network, **parts, **steps, "all, fused": sum(parts.values()) + steps["AdamW, fused"]}


def mark_parts(count: OperatorCount, trainer: Any, average: Any) -> None:
    """Tell the parts of a step apart; an operator belongs to the innermost."""
    prepare = trainer.prepare_batch
    prepare.augmentation = [count.marked("augmentation", transform) for transform in prepare.augmentation]
    prepare.normalisation = [count.marked("normalisation", transform) for transform in prepare.normalisation]
    trainer.prepare_batch = count.marked("copy", prepare)
    trainer.inferer = count.marked("forward", trainer.inferer)
    trainer.loss_function = count.marked("loss", trainer.loss_function)
    trainer.optimizer.step = count.marked("optimiser", trainer.optimizer.step)
    average.update = count.marked("average", average.update)
    trainer._fire_event = count.marked("metrics", trainer._fire_event)
    trainer._iteration = count.marked("backward", trainer._iteration)  # what is left of it


def count_optimiser(parameters: Sequence[torch.nn.Parameter], options: dict[str, Any]) -> int:
    """Return the number of operators of a step of AdamW over parameters of that number (their sizes do not matter)."""
    device = "cpu" if options.get("fused") else "meta"  # which knows no fused optimisers
    copies = [torch.nn.Parameter(torch.zeros(1, device=device)) for _ in parameters]
    for copy in copies:
        copy.grad = torch.zeros(1, device=device)
    optimizer = torch.optim.AdamW(copies, **options)
    optimizer.step()
    with OperatorCount(device) as count:
        optimizer.step()
    return count.total("others")


def make_list(folder: Path) -> dict[str, str]:
    images, datalist = folder / "images", folder / "list.json"
    radiobundle(["phantom", "chexpert", str(images), "--images", "120", "--size", "64"])
    radiobundle(["datalist", "chexpert", str(images), "--output", str(datalist), "--duplicates", "none"])
    names = ("dataset_dir", "datalist", "output_dir", "store_dir")
    return dict(zip(names, map(str, (images, datalist, folder / "output", folder / "store")), strict=True))


if __name__ == "__main__":
    main()
