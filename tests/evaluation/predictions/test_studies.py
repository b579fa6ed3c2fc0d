"""Judged by study."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiobundle.cli import main
from radiobundle.evaluation.predictions.csv import write_predictions
from radiobundle.evaluation.predictions.studies import judged_by
from radiobundle.evaluation.predictions.table import Predictions
from radiobundle.evaluation.runs import load_run


def views(*rows: tuple[str, str | None, int, float], view: str = "AP") -> Predictions:
    """Rows of patient, study, truth and probability."""
    patients, studies, truth, probabilities = zip(*rows, strict=True)
    groups = pd.DataFrame(
        {"study_id": pd.Series(studies, dtype=object), "view": [view] * (len(rows) - 1) + ["Lateral"]}
    )
    return Predictions(
        images=np.array([f"{index}.png" for index in range(len(rows))]), patient_ids=np.array(patients, object),
        splits=np.array(["test"] * len(rows)), labels=("sick",), truth=np.array(truth)[:, None],
        probabilities=np.array(probabilities)[:, None], groups=groups,
    )  # fmt: skip


TABLE = views(("a", "study1", 1, 0.2), ("a", "study1", 0, 0.8), ("b", "study1", 0, 0.3), ("b", None, -1, 0.4))


def test_probability_is_the_largest_or_the_mean_of_the_views() -> None:
    for over_views, expected in (("max", 0.8), ("mean", 0.5)):
        found, _ = judged_by(TABLE, "study", over_views)  # type: ignore[arg-type]
        np.testing.assert_allclose(found.probabilities.ravel(), [expected, 0.3, 0.4])


def test_studies_that_are_numbered_per_patient_are_not_mixed() -> None:
    found, what = judged_by(TABLE, "study")
    assert found.images.tolist() == ["a/study1", "b/study1", "3.png"]
    assert found.truth.ravel().tolist() == [1, 0, -1]
    assert (what.units, what.without_study, what.disagreeing) == (3, 1, 1)


def test_unknown_patients_do_not_part_a_study() -> None:
    unknown = [f"(unknown patient of {index}.png)" for index in range(4)]
    rows = [(patient, study, 1, 0.5) for patient, study in zip(unknown, ("s1", "s1", "s2", "s2"), strict=True)]
    assert judged_by(views(*rows), "study")[0].images.tolist() == ["s1", "s2"]


def test_how_studies_are_told_apart_is_said() -> None:
    found, _ = judged_by(TABLE, "study")
    assert "combined with the patient" in found.notes[0]


def test_fact_that_differs_between_views_is_left_open() -> None:
    found, _ = judged_by(views(("a", "s", 1, 0.2), ("a", "s", 1, 0.8)), "study")
    assert found.groups["view"].isna().all() and found.groups["study_id"].tolist() == ["s"]


def test_exclusive_classes_still_sum_to_one() -> None:
    table = Predictions(
        images=np.array(["1", "2"]), patient_ids=None, splits=np.array(["test"] * 2), labels=("a", "b", "c"),
        truth=np.eye(3, dtype=int)[[0, 0]], probabilities=np.array([[0.6, 0.3, 0.1], [0.1, 0.7, 0.2]]),
        groups=pd.DataFrame({"study_id": ["s", "s"]}), task="multiclass",
    )  # fmt: skip
    found, _ = judged_by(table, "study")
    np.testing.assert_allclose(found.probabilities, [[0.4, 0.7 / 1.5, 0.2 / 1.5]])


def test_order_of_rows_does_not_matter() -> None:
    shuffled = TABLE.subset(np.array([2, 1, 3, 0]))
    one, other = (dict(zip(table.images, table.probabilities.ravel(), strict=True))
                  for table in (judged_by(TABLE, "study")[0], judged_by(shuffled, "study")[0]))  # fmt: skip
    assert one == other


def test_predictions_without_studies_are_refused() -> None:
    with pytest.raises(ValueError, match="no image names its study"):
        judged_by(views(("a", None, 1, 0.2), ("b", None, 0, 0.2)), "study")


def test_report_by_study_resamples_patients(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [(f"p{k // 4}", f"s{k // 2}", int(truth := random.random() < 0.4), float(random.beta(2 + 2 * truth, 3)))
            for k in range(200)]  # fmt: skip
    write_predictions(tmp_path / "p.csv", views(*rows))
    options = ["--bootstrap", "50", "--by", "study", "--over-views", "mean"]
    assert main(["report", str(tmp_path / "p.csv"), "--output", str(tmp_path / "report"), *options]) == 0
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    split = metrics["splits"]["test"]
    assert (split["images"], split["patients"]) == (100, 50)
    assert (split["resampling"]["unit"], split["resampling"]["units"]) == ("patient", 50)
    assert metrics["judged"]["by"] == "study" and "mean over their views" in metrics["notes"][0]
    assert "100 studies" in (tmp_path / "report" / "report.md").read_text()


def test_thresholds_of_studies_are_not_used_for_images(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = [(f"p{k // 4}", f"s{k // 2}", int(truth := random.random() < 0.4), float(random.beta(2 + 2 * truth, 3)))
            for k in range(400)]  # fmt: skip
    table = replace(views(*rows), splits=np.repeat(["validation", "test"], 200))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_predictions(tmp_path / name / "predictions.csv", table)
        asked = ["--bootstrap", "0", "--by", "study"]
        assert main(["report", str(tmp_path / name / "predictions.csv"), "--output", str(tmp_path / name), *asked]) == 0
    stored = json.loads((tmp_path / "a" / "thresholds.json").read_text())
    assert stored["by"] == "study max"
    image, study = (load_run(tmp_path / "a", by=by) for by in ("image", "study"))
    assert image.thresholds is not None and study.thresholds is not None
    assert (image.thresholds.by, study.thresholds.values) == ("image", stored["values"])
    runs = [str(tmp_path / name) for name in ("a", "b")]
    assert main(["compare", *runs, "--output", str(tmp_path / "c"), "--bootstrap", "100", "--by", "study"]) == 0
    assert json.loads((tmp_path / "c" / "compare.json").read_text())["judged_by"] == "study max"
    assert "100 studies (largest of their views)" in (tmp_path / "c" / "compare.md").read_text()
    given = ["--thresholds", str(tmp_path / "a" / "thresholds.json"), "--output", str(tmp_path / "d")]
    assert main(["report", str(tmp_path / "a" / "predictions.csv"), *given]) == 2


def test_images_of_one_study_in_different_classes_are_refused() -> None:
    table = Predictions(
        images=np.array(["1", "2"]), patient_ids=None, splits=np.array(["test"] * 2), labels=("a", "b", "c"),
        truth=np.eye(3, dtype=int)[[0, 1]], probabilities=np.full((2, 3), 1 / 3),
        groups=pd.DataFrame({"study_id": ["s", "s"]}), task="multiclass",
    )  # fmt: skip
    with pytest.raises(ValueError, match="images of study s have different classes"):
        judged_by(table, "study")
