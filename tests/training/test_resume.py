"""Which settings may differ between two starts of one run."""

from __future__ import annotations

from radiobundle.training.resume import compare_settings


def test_argument_for_a_setting_without_effect_on_training_may_be_new() -> None:
    before = {"train": {"inferer": {"precision": "@precision"}}}
    now = {"fold_batch_norm": True, "train": {"inferer": {"precision": "@precision", "fold_batch_norm": True}}}
    applied, forbidden = compare_settings(before, now)
    assert {change.key for change in applied} == {"fold_batch_norm", "train#inferer#fold_batch_norm"}
    assert not forbidden


def test_argument_that_changes_training_may_not_be_new() -> None:
    before, now = {"stages": {}}, {"stages": {"image_scales": [[0, 0.5]]}}
    applied, forbidden = compare_settings(before, now)
    assert not applied
    assert [change.key for change in forbidden] == ["stages#image_scales"] and forbidden[0].is_of_the_layout
