"""A training iteration never waits for the device: no value of a tensor is read back while it runs.

On PyTorch's `meta` device tensors have shapes and no values, so whatever reads one (`.item()`, `.cpu()`, `nonzero`,
`if tensor:`) raises. That is what would make the host wait for a GPU; here it fails without one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Events
from monai.bundle import ConfigParser
from monai.inferers import SimpleInferer

from bundle_runs import (
    CHESTXRAY14,
    FEWER_AND_CHEAPER_STEPS,
    PNEUMONIA,
    TINY,
    config_files,
    make_blob_list,
    make_chestxray14_list,
)

MAKE_LIST = {PNEUMONIA: make_blob_list, CHESTXRAY14: make_chestxray14_list}
RECIPES = {
    PNEUMONIA: ("", "class_weights", "focal", "study", "mirrored"),
    CHESTXRAY14: ("", "weighted_bce", "focal", "asymmetric", "auc_margin", "batch_balanced"),
}
CASES = [pytest.param(bundle, recipe, id=f"{bundle.name} {recipe}") for bundle in RECIPES for recipe in RECIPES[bundle]]


def parser_for(bundle: Path, recipe: str, paths: dict[str, str], **options: Any) -> ConfigParser:
    """Return a bundle's training on the `meta` device.

    Autocast and fused optimisers do not know that device; on a GPU neither reads a value.
    """
    files = config_files("train", *[f"recipes/{recipe}"] * bool(recipe), bundle=bundle)
    content = json.dumps(ConfigParser.load_config_files(files))
    parser = ConfigParser(json.loads(content.replace('"fused": true', '"fused": false')))
    parser.read_meta(str(bundle / "configs/metadata.json"))
    for key, value in {**TINY, **paths, "batch_size": 4, "bundle_root": str(bundle), **options}.items():
        parser[key] = value
    parser["device"] = "$torch.device('meta')"
    parser.parse(True)
    parser.get_parsed_content("imports")
    return parser


@pytest.mark.parametrize(("bundle", "recipe"), CASES)
def test_no_value_is_read_while_an_iteration_runs(bundle: Path, recipe: str, tmp_path: Path) -> None:
    iterate(parser_for(bundle, recipe, MAKE_LIST[bundle](tmp_path)))


@pytest.mark.parametrize("epoch", [1, 2])
def test_nor_with_fewer_and_cheaper_steps(epoch: int, tmp_path: Path) -> None:
    iterate(parser_for(PNEUMONIA, "", make_blob_list(tmp_path), **FEWER_AND_CHEAPER_STEPS), epoch=epoch)


def iterate(parser: ConfigParser, *, epoch: int = 1) -> None:
    """Run two iterations of an epoch of two epochs."""
    trainer: Any = parser.get_parsed_content("train#trainer")
    trainer.inferer = SimpleInferer()
    trainer.network.train()
    batch = next(iter(trainer.data_loader))
    trainer.state.epoch, trainer.state.epoch_length, trainer.state.max_epochs = epoch, 4, 2
    trainer.state.batch = batch
    trainer._fire_event(Events.EPOCH_STARTED)
    for iteration in (1, 2):
        trainer.state.iteration = iteration
        trainer._fire_event(Events.ITERATION_STARTED)
        trainer.state.output = trainer._iteration(trainer, batch)
        trainer._fire_event(Events.ITERATION_COMPLETED)
    assert trainer.state.output["loss"].device.type == "meta"


def test_reading_a_value_is_what_fails() -> None:
    tensor = torch.zeros(2, device="meta")
    reads: list[Callable[[], Any]] = [
        lambda: tensor.sum().item(),
        lambda: tensor.to("cpu"),
        lambda: torch.nonzero(tensor),
        lambda: "present" if tensor[0] else "absent",
    ]
    for read in reads:
        with pytest.raises((RuntimeError, NotImplementedError)):
            read()
