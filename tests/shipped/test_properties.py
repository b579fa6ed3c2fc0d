"""What MONAI's workflows, and programs that use them, look for by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigWorkflow
from monai.bundle.properties import InferProperties, TrainProperties
from monai.transforms import Compose

from bundle_runs import PNEUMONIA, TINY, chdir, config_files, make_blob_list

NOT_THERE = {"inference": {"key_metric"}, "train": set()}  # there are no labels to score


@pytest.mark.parametrize(("name", "properties"), [("train", TrainProperties), ("inference", InferProperties)])
def test_every_property_is_there_and_preprocessing_does_what_the_engine_does(
    name: str, properties: dict[str, object], tmp_path: Path
) -> None:
    paths = make_blob_list(tmp_path)
    with chdir(PNEUMONIA):
        workflow = ConfigWorkflow(
            config_files(name), meta_file="configs/metadata.json", logging_file=False,
            workflow_type=name, **{**TINY, **paths},
        )  # fmt: skip
        workflow.initialize()
        assert workflow.check_properties() == []
        assert {key for key in properties if getattr(workflow, key) is None} == NOT_THERE[name]
        prefixes = ("train_", "val_") if name == "train" else ("",)
        for prefix in prefixes:
            assert isinstance(getattr(workflow, f"{prefix}postprocessing"), Compose)
            found = getattr(workflow, f"{prefix}preprocessing")({"image": f"{paths['dataset_dir']}/3.png"})["image"]
        evaluator = workflow.evaluator
    loader = evaluator.data_loader
    index = next(i for i, item in enumerate(loader.dataset.data) if item["image"].endswith("/3.png"))
    batch = loader.dataset.__getitems__([index])
    assert torch.equal(evaluator.prepare_batch(batch, "cpu")[0][0], found)
