"""Several models on the same images."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiobundle.cli import main
from radiobundle.evaluation.compare import holm, paired_difference


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
