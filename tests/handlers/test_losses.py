"""Losses every few iterations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bundle_runs import TINY, run_bundle


def test_losses_are_recorded_every_few_iterations_and_after_resuming(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=2, loss_interval=1)
    run_bundle("train", **TINY, **paths, max_epochs=3, loss_interval=1, resume=True, figures="losses")
    output = Path(paths["output_dir"])
    losses, epochs = pd.read_csv(output / "losses.csv"), pd.read_csv(output / "history.csv")
    per_epoch = 18 // 8
    assert losses["iteration"].tolist() == list(range(1, 3 * per_epoch + 1))
    np.testing.assert_allclose(losses["val_loss"][per_epoch - 1 :: per_epoch], epochs["val_loss"], rtol=1e-5)
    averaged = losses["train_loss"].to_numpy().reshape(3, per_epoch).mean(1)
    np.testing.assert_allclose(averaged, epochs["train_loss"], rtol=1e-5)
    assert (output / "losses.png").stat().st_size > 0


def test_no_losses_file_without_an_interval(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=1)
    assert not (Path(paths["output_dir"]) / "losses.csv").exists()
