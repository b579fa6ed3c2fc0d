"""A run's configuration as a package states it."""

from __future__ import annotations

from radiobundle.packaging.freeze import freeze_train


def test_tracking_of_the_run_does_not_come_along() -> None:
    handler = {"_target_": "MLFlowHandler", "tracking_uri": "@tracking_uri"}
    run = {"train": {"handlers": [{"_target_": "Ours"}, handler]}, "tracking_uri": "sqlite:///x.db", "run_name": None}
    assert freeze_train(run, {}) == {"train": {"handlers": [{"_target_": "Ours"}]}}
