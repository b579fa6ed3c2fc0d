"""Several models on the same images."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation_cases import make_table
from radiobundle.cli import main
from radiobundle.evaluation.compare import holm, paired_difference
from radiobundle.evaluation.runs import load_run


def test_a_model_does_not_differ_from_itself(predictions_csv: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "predictions.csv"
    copy.parent.mkdir()
    copy.write_bytes(predictions_csv.read_bytes())
    output = tmp_path / "comparison"
    command = ["compare", str(predictions_csv.parent), str(copy.parent), "--output", str(output)]
    assert main([*command, "--bootstrap", "100"]) == 0
    (differences,) = json.loads((output / "compare.json").read_text())["differences"].values()
    auroc = differences["overall"]["probability"]["auroc"]
    assert (auroc["value"], auroc["low"], auroc["high"], auroc["p"]) == (0, 0, 0, 1)


def test_two_exclusive_classes_are_one_test(tmp_path: Path) -> None:
    for name, shift in (("a", 0.0), ("b", 0.15)):
        rows = [f"{i}.png,test,{1 - i % 2},{i % 2},{1 - p},{p}" for i in range(80)
                if (p := 0.3 + 0.2 * (i % 2) + i % 7 / 25 - shift * (i % 3 == 0))]  # fmt: skip
        columns = "image,split,label:well,label:sick,prob:well,prob:sick"
        (tmp_path / name).mkdir()
        (tmp_path / name / "predictions.csv").write_text("\n".join([columns, *rows]) + "\n")
    runs = [str(tmp_path / name) for name in "ab"]
    assert main(["compare", *runs, "--output", str(tmp_path / "c"), "--bootstrap", "100", "--task", "multiclass"]) == 0
    (found,) = json.loads((tmp_path / "c" / "compare.json").read_text())["differences"].values()
    tests = [values["probability"]["auroc"]["delong"] for values in found["per_class"].values()]
    assert tests[0]["p"] == pytest.approx(tests[1]["p"]) and tests[0]["p"] < 1
    assert {test["p_holm"] for test in tests} == {tests[1]["p"]}
    assert "| sick |" in (text := (tmp_path / "c" / "compare.md").read_text()) and "| well |" not in text


@pytest.fixture
def two_models(tmp_path: Path) -> list[Path]:
    """Folders of two reported models, the second with a fifth of the first one's probabilities."""
    splits = ["validation"] * 40 + ["test"] * 40
    table = make_table(80).assign(split=splits)
    for name, factor in (("m1", 1), ("m2", 0.2)):
        (tmp_path / name).mkdir()
        table.assign(**{"prob:sick": table["prob:sick"] * factor}).to_csv(
            tmp_path / name / "predictions.csv", index=False
        )
        folder = str(tmp_path / name)
        assert main(["report", folder, "--output", folder, "--bootstrap", "0"]) == 0
    return [tmp_path / "m1", tmp_path / "m2"]


def test_thresholds_of_other_predictions_do_not_decide(
    two_models: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two_models
    command = ["compare", str(first), str(second), "--output", str(tmp_path / "c"), "--bootstrap", "100"]
    assert main(command) == 0
    right = json.loads((tmp_path / "c/compare.json").read_text())
    assert right["runs"]["m1"]["fitted"] == right["runs"]["m2"]["fitted"] and right["notes"] == []
    (second / "thresholds.json").write_bytes((first / "thresholds.json").read_bytes())
    (second / "results.json").unlink()
    capsys.readouterr()
    assert main(command) == 0
    found = json.loads((tmp_path / "c/compare.json").read_text())
    (note,) = found["notes"]
    assert "m2/thresholds.json was fitted on other predictions: its rule (youden) is fitted to validation rows" in note
    assert f"note: {note}" in capsys.readouterr().err and note in (tmp_path / "c/compare.html").read_text()
    assert found["runs"] == right["runs"]


def test_thresholds_of_other_predictions_are_refused_where_no_others_can_be_fitted(
    two_models: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (two_models[1] / "predictions.csv").read_text().splitlines(keepends=True)
    (tmp_path / "m3").mkdir()
    (tmp_path / "m3/predictions.csv").write_text("".join(line for line in lines if "validation" not in line))
    (tmp_path / "m3/thresholds.json").write_bytes((two_models[0] / "thresholds.json").read_bytes())
    command = ["compare", str(two_models[0]), str(tmp_path / "m3"), "--output", str(tmp_path / "c")]
    assert main(command) == 2
    assert "m3/thresholds.json: was fitted on other predictions than predictions.csv" in capsys.readouterr().err


def test_thresholds_of_the_same_weights_decide_about_other_images(two_models: list[Path]) -> None:
    first, second = two_models
    for name, weights in (("thresholds.json", "a" * 64), ("metrics.json", "a" * 64)):
        content = json.loads((second / name).read_text())
        (second / name).write_text(json.dumps({**content, "weights_sha256": weights}))
    stored = json.loads((first / "thresholds.json").read_text())
    for weights, value in (("a" * 64, 0.123), ("b" * 64, None)):
        given = {**stored, "weights_sha256": weights, "values": {"sick": 0.123}}
        (second / "thresholds.json").write_text(json.dumps(given))
        run = load_run(second)
        assert run.thresholds is not None
        assert (run.thresholds.values["sick"] == value) == (value is not None) and bool(run.notes) == (value is None)


def test_thresholds_that_record_nothing_decide_and_that_is_said(two_models: list[Path]) -> None:
    stored = json.loads((two_models[0] / "thresholds.json").read_text())
    nameless = {**stored, "predictions_sha256": None, "weights_sha256": None, "values": {"sick": 0.123}}
    (two_models[1] / "thresholds.json").write_text(json.dumps(nameless))
    run = load_run(two_models[1])
    assert run.thresholds is not None and run.thresholds.values == {"sick": 0.123}
    assert "does not record which predictions it was fitted on" in run.notes[0]


def test_comparison_of_different_images_is_refused(
    predictions_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / "predictions.csv"
    other.parent.mkdir()
    other.write_text("\n".join(predictions_csv.read_text().splitlines()[:-5]) + "\n")
    assert main(["compare", str(predictions_csv), str(other), "--output", str(tmp_path / "c")]) == 2
    assert "images" in capsys.readouterr().err


def by_closed_testing(p_values: list[float]) -> list[float]:
    """Holm's adjustment by its definition: the largest Bonferroni p-value of all sets that hold the hypothesis."""
    numbers = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(numbers, size)]
    return [
        max(min(1.0, len(chosen) * min(p_values[one] for one in chosen)) for chosen in sets if number in chosen)
        for number in numbers
    ]


def test_holm_adjusts_as_in_a_worked_example() -> None:
    # Four hypotheses at 0.01, 0.04, 0.03, 0.005: times 4, 3, 2, 1 from the smallest on, never falling.
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(found) == ["a", "b", "c", "d"] and holm({}) == {}


@given(st.lists(st.floats(0, 1) | st.sampled_from([0.01, 0.02, 0.5]), min_size=1, max_size=7))
def test_holm_is_closed_testing_with_bonferroni(p_values: list[float]) -> None:
    found = holm({str(number): value for number, value in enumerate(p_values)})
    assert list(found.values()) == pytest.approx(by_closed_testing(p_values))


def test_many_comparisons_need_p_values_below_what_resamples_can_count() -> None:
    resampled = np.random.default_rng(0).normal(0.1, 0.02, 1000)
    counted = paired_difference(0.1, resampled)["p"]
    assert counted == pytest.approx(2 / 1001)
    assert paired_difference(0.1, resampled, extrapolate=True)["p"] == pytest.approx(5.7e-7, rel=0.5)
    alike = np.full(1000, 0.5)  # few images, a perfect model and a constant one: not a p-value of 0
    assert paired_difference(0.5, alike, extrapolate=True)["p"] == pytest.approx(2 / 1001)
    near = np.random.default_rng(0).normal(0.04, 0.02, 1000)  # some lie on the other side of 0: nothing to extrapolate
    assert paired_difference(0.04, near, extrapolate=True)["p"] == paired_difference(0.04, near)["p"] > counted
