"""A training iteration never waits for the device: no value of a tensor is read back while it runs.

On PyTorch's `meta` device tensors have shapes and no values, so whatever reads one (`.item()`, `.cpu()`, `nonzero`,
`if tensor:`) raises. That is what would make the host wait for a GPU; here it fails without one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from monai.bundle import ConfigParser

from bundle_runs import CHESTXRAY14, FEWER_AND_CHEAPER_STEPS, PNEUMONIA, TINY, make_blob_list, make_chestxray14_list
from meta_training import iterate, load_on_meta, start_epoch

SMALL = {**TINY, "batch_size": 4}
MAKE_LIST = {PNEUMONIA: make_blob_list, CHESTXRAY14: make_chestxray14_list}
RECIPES = {
    PNEUMONIA: ("", "class_weights", "focal", "study", "mirrored", "schedule_free"),
    CHESTXRAY14: ("", "weighted_bce", "focal", "asymmetric", "auc_margin", "batch_balanced"),
}
CASES = [pytest.param(bundle, recipe, id=f"{bundle.name} {recipe}") for bundle in RECIPES for recipe in RECIPES[bundle]]


@pytest.mark.parametrize(("bundle", "recipe"), CASES)
def test_no_value_is_read_while_an_iteration_runs(bundle: Path, recipe: str, tmp_path: Path) -> None:
    run_two_iterations(load_on_meta(bundle, *[recipe] * bool(recipe), **SMALL, **MAKE_LIST[bundle](tmp_path)))


@pytest.mark.parametrize("epoch", [1, 2])
def test_nor_with_fewer_and_cheaper_steps(epoch: int, tmp_path: Path) -> None:
    settings = {**SMALL, **make_blob_list(tmp_path), **FEWER_AND_CHEAPER_STEPS}
    run_two_iterations(load_on_meta(PNEUMONIA, **settings), epoch=epoch)


def run_two_iterations(parser: ConfigParser, *, epoch: int = 1) -> None:
    trainer: Any = parser.get_parsed_content("train#trainer")
    start_epoch(trainer, epoch=epoch)
    for iteration in (1, 2):
        iterate(trainer, iteration)
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
