"""A run's configuration as a package states it."""

from __future__ import annotations

from typing import Any

import pytest

from radiobundle.packaging.freeze import freeze_network, freeze_train


def test_tracking_of_the_run_does_not_come_along() -> None:
    handler = {"_target_": "MLFlowHandler", "tracking_uri": "@tracking_uri"}
    run = {"train": {"handlers": [{"_target_": "Ours"}, handler]}, "tracking_uri": "sqlite:///x.db", "run_name": None}
    assert freeze_train(run, {}) == {"train": {"handlers": [{"_target_": "Ours"}]}}


@pytest.mark.parametrize(
    ("run", "config", "expected"),
    [
        ({"fold_batch_norm": True}, {"fold_batch_norm": True}, {"fold_batch_norm": True}),
        ({}, {"fold_batch_norm": True}, {"fold_batch_norm": False}),
        ({"fold_batch_norm": True}, {}, {}),
    ],
    ids=["both of now", "run of an earlier version", "bundle of an earlier version"],
)
def test_package_folds_batch_normalisation_as_its_run_did(
    run: dict[str, Any], config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert freeze_network(run, config) == expected
