"""An evaluation explains what it got wrong and what it got right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bundle_runs import TINY, run_bundle


def test_bundle_explains_its_misses_false_alarms_and_finds(paths: dict[str, str]) -> None:
    run_bundle("train", **TINY, **paths, max_epochs=3)
    evaluate = ("train", "evaluate", "recipes/explain")
    methods = ["gradcam++", "smoothgrad"]
    run_bundle(
        *evaluate, **TINY, **paths, bootstrap=20, figures="heat_maps", precision="fp32",
        explain_methods=methods, explain_count=5,
    )  # fmt: skip
    output = Path(paths["output_dir"])
    table = pd.read_csv(output / "heat_maps.csv")
    assert list(table["method"]) == methods * (len(table) // 2) and len(table) <= 10
    predictions = pd.read_csv(output / "predictions.csv").set_index("image")
    for row in table.to_dict("records"):
        found = predictions.loc[row["image"]]
        truth, probability = (found[f"{kind}:{row['label']}"] for kind in ("label", "prob"))
        most_probable = probability == found[[column for column in predictions if column.startswith("prob:")]].max()
        assert row["probability"] == pytest.approx(probability)
        assert truth == (row["reason"] != "false alarm") and most_probable == (row["reason"] != "missed")
    with Image.open(output / "heat_maps.png") as figure:
        assert figure.height > figure.width and np.asarray(figure.convert("RGB")).std() > 20


def test_method_that_is_not_known_is_refused_before_the_evaluation(paths: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"HeatMapWriter") as caught:
        run_bundle("train", "evaluate", "recipes/explain", **TINY, **paths, explain_methods=["gradcm"])
    assert "did you mean 'gradcam'" in str(caught.value.__cause__ or caught.value)
