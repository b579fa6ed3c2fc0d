"""The learning-rate range test: raise the rate from batch to batch and see where the loss falls and diverges."""

from __future__ import annotations

import logging
import math
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from ignite.handlers import FastaiLRFinder
from monai.engines import SupervisedTrainer
from monai.utils.enums import CommonKeys as Keys
from torch.utils.data import DataLoader

from radiobundle.files import write_json
from radiobundle.networks.transfer import FirstConv
from radiobundle.pretrained.load import load_start
from radiobundle.reporting.learning_rate_figure import write_range_figure
from radiobundle.training.optimizer_mode import OptimizerMode
from radiobundle.training.reproducibility import SeedEachEpoch

logger = logging.getLogger("radiobundle")
FIGURE, NUMBERS = "lr_range.png", "lr_range.json"
_MIN_ITERATIONS = 20


def find_learning_rate(
    trainer: SupervisedTrainer,
    *,
    output_dir: str | Path,
    start_lr: float = 1e-6,
    end_lr: float = 1.0,
    iterations: int = 100,
    seed: int = 0,
    pretrained: str | Path | None = None,
    first_conv: FirstConv = "sum",
) -> dict[str, Any]:
    """Run the test instead of a training and write `lr_range.png` and `lr_range.json`; weights stay as they were.

    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3, by ignite's
    `FastaiLRFinder`, which smooths the loss and stops where it diverges.

    Args:
        trainer: trainer of the bundle; its handlers are not used.
        output_dir: gets both files.
        start_lr: rate of the first batch.
        end_lr: rate of the last batch; the rate grows exponentially.
        iterations: number of batches.
        seed: seed of order and augmentation.
        pretrained: weights that the training would start from. first_conv: see `load_pretrained`.

    Returns:
        `suggestion` (where the smoothed loss falls most steeply; None: it never falls), `lowest_at` (where it is
        lowest), the smoothed `loss` at each `lr`, and the arguments.

    Raises:
        ValueError: rates or iterations are invalid, or the loss was not finite from the start.
    """
    if not 0 < start_lr < end_lr:
        raise ValueError(f"the range must start above 0 and increase, got {start_lr} to {end_lr}")
    if iterations < _MIN_ITERATIONS:
        raise ValueError(f"a range test needs at least {_MIN_ITERATIONS} iterations, got {iterations}")
    if pretrained is not None:
        load_start(trainer.network, pretrained, first_conv=first_conv)
    rates, losses, suggestion = _run(trainer, start_lr, end_lr, iterations, seed)
    if not losses or not all(map(math.isfinite, losses[:2])):
        raise ValueError(f"the loss is not finite at the learning rate {start_lr}; start lower")
    lowest_at = rates[losses.index(min(losses))]
    found = {
        "suggestion": suggestion,
        "lowest_at": lowest_at,
        "lr": rates,
        "loss": losses,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "iterations": iterations,
        "stopped_at": rates[-1],
        "seed": seed,
    }
    folder = Path(output_dir)
    write_range_figure(folder / FIGURE, rates, losses, suggestion=suggestion)
    write_json(folder / NUMBERS, found)
    logger.info("%s (%s)", _advice(suggestion, lowest_at), folder / FIGURE)
    return found


def _run(
    trainer: SupervisedTrainer, start_lr: float, end_lr: float, iterations: int, seed: int
) -> tuple[list[float], list[float], float | None]:
    """Return rates, smoothed losses and the suggestion of a trainer without handlers, on the same network and data."""
    batches = cast(DataLoader, trainer.data_loader)
    bare = SupervisedTrainer(
        device=trainer.state.device,
        max_epochs=math.ceil(iterations / len(batches)),
        train_data_loader=batches,
        network=trainer.network,
        optimizer=trainer.optimizer,
        loss_function=trainer.loss_function,
        prepare_batch=trainer.prepare_batch,
        inferer=trainer.inferer,
        train_handlers=[SeedEachEpoch(seed), OptimizerMode(optimizer=trainer.optimizer)],
        decollate=False,
    )
    finder = FastaiLRFinder()
    state = {"network": trainer.network, "optimizer": trainer.optimizer}
    with finder.attach(
        bare, to_save=state, num_iter=iterations, start_lr=float(start_lr), end_lr=float(end_lr),
        output_transform=itemgetter(Keys.LOSS),
    ) as attached:  # fmt: skip
        attached.run()
    found = finder.get_results()
    rates = [float(rate[0] if isinstance(rate, list) else rate) for rate in found["lr"]]
    return rates, list(map(float, found["loss"])), _suggestion(finder)


def _suggestion(finder: FastaiLRFinder) -> float | None:
    try:
        found = finder.lr_suggestion()
    except RuntimeError:  # its curve is not U-shaped
        return None
    return float(found[0] if isinstance(found, list) else found)


def _advice(suggestion: float | None, lowest_at: float) -> str:
    if suggestion is None:
        return "learning rate: the loss does not fall in this range; start lower, end higher or use more iterations"
    return (
        f"learning rate: the loss falls most steeply at {suggestion:.2g} and is lowest at {lowest_at:.2g}; for a "
        f"cycle, try --base_lr {suggestion / 10:.2g} --learning_rate {suggestion:.2g}"
    )
