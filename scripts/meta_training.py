"""A bundle's training on PyTorch's `meta` device: tensors without values, for which operators are dispatched as for a
GPU but nothing is computed; whatever reads a value back raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ignite.engine import Events
from monai.bundle import ConfigParser
from monai.inferers import SimpleInferer


def load_on_meta(bundle: Path, *recipes: str, **settings: Any) -> ConfigParser:
    """Return a bundle's training; `meta` knows neither autocast nor fused optimisers, so it does without them."""
    names = ("train", *(f"recipes/{recipe}" for recipe in recipes))
    content = ConfigParser.load_config_files([str(bundle / "configs" / f"{name}.json") for name in names])
    parser = ConfigParser(json.loads(json.dumps(content).replace('"fused": true', '"foreach": true')))
    parser.read_meta(str(bundle / "configs" / "metadata.json"))
    for key, value in {"bundle_root": str(bundle), "device": "$torch.device('meta')", **settings}.items():
        parser[key] = value
    parser.parse(True)
    parser.get_parsed_content("imports")
    return parser


def start_epoch(trainer: Any, *, epoch: int = 1) -> None:
    """Read a batch, and let the trainer believe that an epoch of two begins."""
    trainer.state.batch = next(iter(trainer.data_loader))  # before: the sampler may look back once an epoch
    trainer.inferer = SimpleInferer()
    trainer.network.train()
    trainer.state.epoch, trainer.state.epoch_length, trainer.state.max_epochs = epoch, 100, 2
    trainer._fire_event(Events.EPOCH_STARTED)


def iterate(trainer: Any, iteration: int) -> None:
    """Run one iteration on the batch, with all handlers."""
    trainer.state.iteration = iteration
    trainer._fire_event(Events.ITERATION_STARTED)
    trainer.state.output = trainer._iteration(trainer, trainer.state.batch)
    trainer._fire_event(Events.ITERATION_COMPLETED)
