"""Training by two processes is the training by one, for the same global batch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from bundle_runs import TINY, history, make_blob_list, run_bundle, run_in_two_processes
from radiobundle.training.distributed import join_process_group

PLAIN = {
    **TINY,
    "network_def": {**TINY["network_def"], "dropout": 0.0},  # type: ignore[dict-item]
    "train#augmentation": [],
    "precision": "fp32",
}


def train_one_rank(rank: int, paths: dict[str, str], options: dict[str, object]) -> None:
    os.environ |= {"LOCAL_RANK": str(rank), "RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": paths.pop("port")}
    torch.set_num_threads(1)
    run_bundle("train", "multi_gpu_train", **options, **paths)


def in_two_processes(paths: dict[str, str], **options: object) -> None:
    port = str(20_000 + os.getpid() % 20_000)
    run_in_two_processes(train_one_rank, {**paths, "port": port}, options)


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    # 13 validation images, an odd number: no process may see one twice
    return make_blob_list(tmp_path, count=65)


def test_two_processes_learn_what_one_learns(paths: dict[str, str], tmp_path: Path) -> None:
    # Of 39 training images both take the same 32: the smaller last batch is left out.
    alone, together = ({**paths, "output_dir": str(tmp_path / name)} for name in ("alone", "together"))
    run_bundle("train", **{**PLAIN, "batch_size": 16}, **alone, max_epochs=2)
    in_two_processes(together, **{**PLAIN, "batch_size": 8}, max_epochs=2)
    columns = ["train_loss", "val_loss", "train_auroc", "val_auroc"]
    np.testing.assert_allclose(history(together)[columns], history(alone)[columns], rtol=1e-4)
    weights = [torch.load(tmp_path / f"{name}/models/model.pt", weights_only=True) for name in ("alone", "together")]
    torch.testing.assert_close(weights[1], weights[0], rtol=1e-3, atol=1e-5)


def test_two_processes_resume(paths: dict[str, str], tmp_path: Path) -> None:
    whole, halves = ({**paths, "output_dir": str(tmp_path / name)} for name in ("whole", "halves"))
    schedule_free = {"optimizer": "@optimizers#schedule_free", "lr_scheduler": "@lr_schedulers#warmup_constant"}
    options = {**PLAIN, **schedule_free, "warmup_epochs": 1}
    in_two_processes(whole, **options, max_epochs=2)
    in_two_processes(halves, **options, max_epochs=1)
    in_two_processes(halves, **options, max_epochs=2, resume=True)
    pd.testing.assert_frame_equal(history(halves), history(whole), rtol=1e-4)


def test_single_process_is_told_to_use_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with pytest.raises(ValueError, match="torchrun --nproc_per_node=N"):
        join_process_group()
