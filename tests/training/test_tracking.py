"""`--tracking mlflow` of MONAI's runner."""

from __future__ import annotations

from pathlib import Path

import mlflow
import torch
from monai.bundle import ConfigWorkflow
from monai.handlers import MLFlowHandler

from bundle_runs import PNEUMONIA, TINY, chdir, config_files, make_blob_list
from radiobundle.training import adapt_tracking


def test_loss_is_read_from_a_whole_batch() -> None:
    handler, other = MLFlowHandler.__new__(MLFlowHandler), object()
    assert adapt_tracking([other, handler]) == [other, handler]
    assert handler.output_transform({"loss": torch.tensor(0.25), "pred": torch.zeros(8, 3)}) == 0.25


def test_run_is_tracked_in_a_local_store(tmp_path: Path) -> None:
    paths = make_blob_list(tmp_path)
    with chdir(PNEUMONIA):
        workflow = ConfigWorkflow(
            config_file=config_files("train"), meta_file=str(PNEUMONIA / "configs/metadata.json"), logging_file=False,
            workflow_type="train", tracking="mlflow", **TINY, **paths, max_epochs=2,
        )  # fmt: skip
        workflow.initialize()
        workflow.run()
    client = mlflow.MlflowClient(f"sqlite:///{paths['output_dir']}/mlruns.db")
    (run,) = client.search_runs([client.get_experiment_by_name("monai_experiment").experiment_id])
    assert run.info.status == "FINISHED" and {"train_loss", "lr_group_0", "auroc"} <= set(run.data.metrics)
    assert len(client.get_metric_history(run.info.run_id, "auroc")) >= 2
