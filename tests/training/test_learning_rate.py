"""The range test through the bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigWorkflow
from PIL import Image

from bundle_runs import PNEUMONIA, TINY, chdir, config_files, run_bundle
from radiobundle.training.learning_rate import find_learning_rate

SIMPLE = {"_target_": "radiobundle.networks.SimpleCNN", "in_channels": 1, "num_classes": 3}
RANGE = {"range_start": 1e-5, "range_end": 10.0, "range_iterations": 60}


def test_range_test_writes_a_plot_and_a_suggestion_and_trains_nothing(paths: dict[str, str]) -> None:
    workflow = run_bundle(
        "train",
        "recipes/lr_range_test",
        network_def=SIMPLE,
        image_size_px=[32, 32],
        batch_size=8,
        **paths,
        **RANGE,
        figures="lr_range",
    )
    output = Path(paths["output_dir"])
    found = json.loads((output / "lr_range.json").read_text())
    assert found["start_lr"] <= found["suggestion"] <= found["end_lr"]
    assert found["lowest_at"] in found["lr"] and len(found["lr"]) == len(found["loss"]) <= 60
    assert all(low < high for low, high in zip(found["lr"], found["lr"][1:], strict=False))
    with Image.open(output / "lr_range.png") as image:
        assert image.size[0] > 400
    assert not (output / "models").exists() and not (output / "run.json").exists()
    assert workflow.parser.get_parsed_content("optimizer").param_groups[0]["lr"] == 0, "as warm-up begins"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_lr": 1.0, "end_lr": 0.1}, "must start above 0 and increase"),
        ({"iterations": 3}, "at least 20 iterations"),
    ],
)
def test_senseless_range_is_refused(options: dict[str, float], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        find_learning_rate(torch.nn.Identity(), output_dir=tmp_path, **options)  # type: ignore[arg-type]


def test_weights_are_as_before(paths: dict[str, str]) -> None:
    workflow = run_bundle("train", "recipes/lr_range_test", **TINY, **paths, range_iterations=20)
    after = workflow.parser.get_parsed_content("network").state_dict()

    with chdir(PNEUMONIA):
        fresh = ConfigWorkflow(
            config_file=config_files("train"), meta_file="configs/metadata.json", logging_file=False,
            workflow_type="train", **TINY, **paths,
        )  # fmt: skip
        fresh.initialize()
        before = fresh.parser.get_parsed_content("network").state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())


def test_range_in_which_nothing_falls_is_said_and_still_plotted(
    paths: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="radiobundle"):
        run_bundle("train", "recipes/lr_range_test", **TINY, **paths, range_start=1.0, range_end=100.0)
    found = json.loads((Path(paths["output_dir"]) / "lr_range.json").read_text())
    assert found["suggestion"] is None and "does not fall in this range" in caplog.text
    assert (Path(paths["output_dir"]) / "lr_range.png").is_file()
