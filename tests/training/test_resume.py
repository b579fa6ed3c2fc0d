"""Which settings may differ between two starts of one run."""

from __future__ import annotations

from typing import Any

import pytest

from radiobundle.training.resume import compare_settings


def test_argument_for_a_setting_without_effect_on_training_may_be_new() -> None:
    before = {"train": {"inferer": {"precision": "@precision"}}}
    now = {
        "fold_batch_norm": True,
        "train": {"inferer": {"precision": "@precision", "fold_batch_norm": "@fold_batch_norm"}},
    }
    applied, forbidden = compare_settings(before, now)
    assert {change.key for change in applied} == {"fold_batch_norm", "train#inferer#fold_batch_norm"}
    assert not forbidden


def test_what_is_trained_had_its_place_in_the_optimiser() -> None:
    stated = "$@network.parameters()"
    before = {"optimizer": {"params": stated}}
    now = {"trained_parameters": stated, "optimizer": {"params": "@trained_parameters"}}
    assert compare_settings(before, now) == ([], [])
    _, forbidden = compare_settings(before, {**now, "trained_parameters": {"_target_": "some_groups"}})
    assert [change.key for change in forbidden] == ["optimizer#params"]


@pytest.mark.parametrize(
    ("before", "now", "is_of_the_layout"),
    [
        ({"stages": {}}, {"stages": {"image_scales": "@image_scales"}}, True),
        ({"lr_scheduler": {}}, {"lr_scheduler": {"max_epochs": 50}}, False),
        ({"network_def": {}}, {"network_def": {"precision": 3}}, False),
        ({"train": {"x": {"prefetch": 1}}}, {"train": {"x": {"prefetch": "@prefetch"}}}, False),
    ],
)
def test_argument_that_may_change_training_is_refused(
    before: dict[str, Any], now: dict[str, Any], is_of_the_layout: bool
) -> None:
    applied, forbidden = compare_settings(before, now)
    assert not applied
    assert [change.is_of_the_layout for change in forbidden] == [is_of_the_layout]
