"""A bundle scores its heat maps against boxes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bundle_runs import CHESTXRAY14, narrow_resnet, run_bundle


@pytest.fixture
def paths(chestxray14_list: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    return {**chestxray14_list, "output_dir": str(tmp_path / "run"), "image_size_px": [64, 64], "batch_size": 16}


@pytest.mark.slow
def test_bundle_scores_its_heat_maps_and_looks_for_shortcuts(paths: dict[str, Any]) -> None:
    paths["network_def"] = narrow_resnet(8, 16, 32, 64)
    run_bundle("train", bundle=CHESTXRAY14, **paths, max_epochs=1)
    evaluate = ("train", "evaluate", "recipes/localise", "recipes/shortcuts")
    run_bundle(*evaluate, bundle=CHESTXRAY14, **paths, bootstrap=20, heat_images=8)
    output = Path(paths["output_dir"])
    points = pd.read_csv(output / "localisation.csv")
    datalist = json.loads(Path(paths["datalist"]).read_text())
    boxed = {(item["image"], box["label"]) for item in datalist["test"] for box in item.get("boxes", [])}
    assert {tuple(pair) for pair in points[["image", "finding"]].to_numpy()} == boxed
    predictions = pd.read_csv(output / "predictions.csv").set_index("image")
    for image, finding, probability in points[["image", "finding", "probability"]].to_numpy():
        assert probability == pytest.approx(predictions.loc[image, f"prob:{finding}"])
    assert json.loads((output / "localisation.json").read_text())["layers"] == ["layer4"]
    assert "| all pairs |" in (output / "localisation.md").read_text()
    assert (output / "localisation.png").stat().st_size > 0
    assert points[["iou", "energy", "iou_centre", "energy_centre"]].apply(lambda column: column.between(0, 1)).all(None)
    pages = [(output / name).read_text() for name in ("report.md", "report.html")]
    for heading in ("Mistakes", "Does the network look at the right place?", "Shortcuts", "Where the heat lies"):
        assert all(f"{mark}{heading}" in page for mark, page in zip(("# ", ">"), pages, strict=True)), heading
    assert pages[1].count("data:image/png") >= 9
    listed = json.loads((output / "results.json").read_text())["files"]
    assert {"mistakes.csv", "localisation.json", "shortcuts.json"} <= set(listed)
    shortcuts = json.loads((output / "shortcuts.json").read_text())
    assert shortcuts["views"]["whole"]["auroc"]["value"] == pytest.approx(
        json.loads((output / "metrics.json").read_text())["splits"]["test"]["overall"]["probability"]["auroc"]["value"]
    )
    assert shortcuts["heat"]["images"] == 8 and shortcuts["floors"]["metadata"]["columns"]
    run_bundle(*evaluate[:3], bundle=CHESTXRAY14, **paths, bootstrap=0, localise_method="integrated-gradients")
    found = json.loads((output / "localisation.json").read_text())
    assert found["method"] == "integrated gradients" and found["layers"] == []


def test_cropped_images_are_refused(paths: dict[str, Any]) -> None:
    names = ("train", "evaluate", "recipes/crop_border", "recipes/localise")
    with pytest.raises(Exception, match=r"PointingGame") as caught:
        run_bundle(*names, bundle=CHESTXRAY14, **paths)
    assert "crop the images" in str(caught.value.__cause__ or caught.value)


def test_datalist_without_boxes_is_refused(paths: dict[str, Any], tmp_path: Path) -> None:
    datalist = json.loads(Path(paths["datalist"]).read_text())
    for item in datalist["test"]:
        item.pop("boxes", None)
    (tmp_path / "plain.json").write_text(json.dumps(datalist))
    with pytest.raises(Exception, match=r"PointingGame") as caught:
        run_bundle(
            "train", "evaluate", "recipes/localise", bundle=CHESTXRAY14,
            **{**paths, "datalist": str(tmp_path / "plain.json")},
        )  # fmt: skip
    assert "no image in this evaluation has boxes" in str(caught.value.__cause__ or caught.value)
