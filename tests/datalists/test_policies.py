"""What becomes of uncertain labels, and of labels that follow a tree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from radiobundle.datalists.hierarchy import ancestors, check_hierarchy, check_names, close_upwards, read_hierarchy
from radiobundle.datalists.options import UNCERTAIN_CHOICES, DatalistOptions, SplitOptions
from radiobundle.datalists.policies import decide_labels
from radiobundle.datalists.self_training import fill_in, read_soft_labels
from radiobundle.labels import UNCERTAIN_CLASS, hard_labels
from radiobundle.sources.chexpert_labels import LABELS

TREE = read_hierarchy("chexpert")
SOURCE_VALUES = hnp.arrays(float, (6, len(LABELS)), elements=st.sampled_from([1.0, 0.0, -1.0, np.nan]))
DECIDED = hnp.arrays(float, (6, len(LABELS)), elements=st.sampled_from([1.0, 0.0, -1.0, -2.0, 0.3, 0.7]))


@pytest.mark.parametrize(
    ("uncertain", "low", "high"),
    [("ones", 1, 1), ("zeros", 0, 0), ("ignore", -1, -1), ("multiclass", -2, -2), ("smoothed-ones", 0.55, 0.85),
     ("smoothed-zeros", 0, 0.3), ("self-trained", -1, -1)],
)  # fmt: skip
def test_uncertain_becomes_what_the_policy_says(uncertain: str, low: float, high: float) -> None:
    decided = decide_labels(np.full(500, -1.0), uncertain=uncertain, seed=3)
    assert decided.min() >= low and decided.max() <= high
    if high > low:
        assert np.ptp(decided) > 0.9 * (high - low)


@given(SOURCE_VALUES, st.sampled_from(UNCERTAIN_CHOICES), st.sampled_from(["zeros", "ignore"]))
def test_certain_labels_stay_whatever_the_policy(values: np.ndarray, uncertain: str, not_mentioned: str) -> None:
    decided = decide_labels(values, uncertain=uncertain, not_mentioned=not_mentioned)
    certain = np.isin(values, (0, 1))
    np.testing.assert_array_equal(decided[certain], values[certain])
    assert ((decided <= 1) & (decided >= UNCERTAIN_CLASS)).all()


def test_smoothed_labels_depend_on_the_seed_alone() -> None:
    values = np.full((20, 2), -1.0)
    first, again, other = (decide_labels(values, uncertain="smoothed-ones", seed=seed) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


@given(DECIDED)
def test_closing_twice_changes_nothing_more(labels: np.ndarray) -> None:
    once = close_upwards(labels, LABELS, TREE).labels
    np.testing.assert_array_equal(close_upwards(once, LABELS, TREE).labels, once)


@given(DECIDED, DECIDED)
def test_closing_is_monotone_and_takes_nothing_back(labels: np.ndarray, others: np.ndarray) -> None:
    more = np.where((labels >= 0) & (others >= 0), np.maximum(labels, others), labels)
    low, high = (close_upwards(values, LABELS, TREE).labels for values in (labels, more))
    assert (low >= labels).all() and (high >= low).all()


@given(DECIDED)
def test_no_known_parent_is_less_likely_than_its_child(labels: np.ndarray) -> None:
    closed = close_upwards(labels, LABELS, TREE).labels
    for child in LABELS:
        for parent in ancestors(child, TREE):
            above, below = closed[:, LABELS.index(parent)], closed[:, LABELS.index(child)]
            assert ((above >= below) | (above < 0)).all()
            assert (above[below == 1] == 1).all()


def test_only_listed_children_count_where_they_are_named() -> None:
    labels = np.array([[0, 0.0], [0, 1.0]])
    present = np.array([[False, True], [False, False]])
    found = close_upwards(labels, ("Lung Opacity", "Edema"), TREE, present=present)
    assert found.labels.tolist() == [[1, 0], [0, 1]]
    assert (found.changed, found.rows) == ({"Lung Opacity": 1}, 1)


def test_circle_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"circular chain of labels, .*(A -> B|B -> A)"):
        check_hierarchy({"A": "B", "B": "A"}, name="tree.json")


def test_soft_labels_count_from_a_half_on() -> None:
    assert hard_labels([[0.5, 0.49, -1, -2, 1]]).tolist() == [[1, 0, -1, -1, 1]]


def write_predictions(path: Path, **columns: object) -> Path:
    pd.DataFrame({"image": ["a", "b", "c"], "split": ["training", "training", "validation"], **columns}).to_csv(
        path, index=False
    )
    return path


def test_uncertain_training_labels_become_the_runs_probabilities(tmp_path: Path) -> None:
    soft = read_soft_labels(write_predictions(tmp_path / "p.csv", **{"prob:Edema": [0.81234, 0.2, 0.9]}), ["Edema"])
    labels = np.array([[-1.0, 0], [1, 0], [-1, 1]])
    filled = fill_in(
        labels, labels == -1, names=["Edema", "Mass"], images=pd.Series(["a", "b", "c"]),
        split=np.array(["training", "training", "validation"]), soft=soft,
    )  # fmt: skip
    assert filled.tolist() == [[0.8123, 0], [1, 0], [-1, 1]]


def test_run_that_learned_from_held_out_images_is_refused(tmp_path: Path) -> None:
    soft = read_soft_labels(write_predictions(tmp_path / "p.csv", **{"prob:Edema": [0.8, 0.2, 0.9]}), ["Edema"])
    with pytest.raises(ValueError, match="was trained with b, which is in test here"):
        fill_in(
            -np.ones((3, 1)), np.ones((3, 1), bool), names=["Edema"], images=pd.Series(["a", "b", "c"]),
            split=np.array(["training", "test", "validation"]), soft=soft,
        )  # fmt: skip


def test_training_image_without_a_prediction_is_named(tmp_path: Path) -> None:
    soft = read_soft_labels(write_predictions(tmp_path / "p.csv", **{"prob:Edema": [0.8, 0.2, 0.9]}), ["Edema"])
    with pytest.raises(ValueError, match="has not predicted d"):
        fill_in(
            -np.ones((1, 1)), np.ones((1, 1), bool), names=["Edema"], images=pd.Series(["d"]),
            split=np.array(["training"]), soft=soft,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"prob:Edema": [0.8, 1.2, 0.9]}, "image 'b': prob:Edema is '1.2'; a soft label lies between 0 and 1"),
        ({"prob:Edema": ["x", 0.1, 0.9]}, "prob:Edema is 'x'"),
        ({"prob:Edma": [0.8, 0.2, 0.9]}, "lacks the column 'prob:Edema'; did you mean 'prob:Edma'"),
    ],
)
def test_predictions_that_are_no_soft_labels_are_refused(
    columns: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        read_soft_labels(write_predictions(tmp_path / "p.csv", **columns), ["Edema"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,split,prob:Edema,prob:Edema\na,training,0.1,0.9\n", "column 'prob:Edema' appears 2 times; keep one"),
        ("image,split,prob:Edema\na,training,0.1,\nb,training,0.2,\n", "line 2: 4 fields under 3 column names"),
        ("image;split;prob:Edema\na;training;0,1\n", "separated by semicolons"),
    ],
)
def test_misshapen_predictions_are_no_soft_labels(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_soft_labels(tmp_path / "p.csv", ["Edema"])


@pytest.mark.parametrize(("uncertain", "predictions"), [("self-trained", None), ("ones", "p.csv")])
def test_self_training_and_predictions_belong_together(uncertain: str, predictions: str | None) -> None:
    with pytest.raises(ValueError, match="go together"):
        DatalistOptions(split=SplitOptions(name="given"), uncertain=uncertain, predictions=predictions)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"Edma": "ones", "*": "zeros"}, "no label 'Edma'; did you mean 'Edema'"),
        ({"Edema": "ones"}, "does not mention"),
    ],
)
def test_policy_of_a_label_that_is_not_there_is_refused(policy: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decide_labels(np.zeros((1, 2)), uncertain=policy, labels=("Edema", "Mass"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("{}", "holds no names"), ('{"A": ""}', "'A' has no parent"), ('{"": "A"}', "holds no names"),
     ("[]", "holds no names"), ('{"A": "B", "A": "C"}', "'A' appears twice"), ('{"A": 1}', "not a name"),
     ('{"A": "B", "B": "A"}', "circular chain of labels")],
)  # fmt: skip
def test_odd_hierarchy_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "tree.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_hierarchy(str(tmp_path / "tree.json"))


@pytest.mark.parametrize(
    ("tree", "message"),
    [({"Edma": "Lung Opacity"}, "no label 'Edma'; did you mean 'Edema'"), ({"Mass": "Lump"}, "none of the labels")],
)
def test_hierarchy_that_says_nothing_of_the_labels_is_refused(tree: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_names(tree, ("Edema", "Lung Opacity"), name="tree.json")


def test_predictions_of_another_list_are_refused(tmp_path: Path) -> None:
    soft = read_soft_labels(write_predictions(tmp_path / "p.csv", **{"prob:Edema": [0.8, 0.2, 0.9]}), ["Edema"])
    with pytest.raises(ValueError, match="has split 'inference', which does not show"):
        fill_in(
            -np.ones((1, 1)), np.ones((1, 1), bool), names=["Edema"], images=pd.Series(["a"]),
            split=np.array(["training"]), soft=soft.assign(split="inference"),
        )  # fmt: skip


def test_self_training_makes_one_list() -> None:
    with pytest.raises(ValueError, match="needs the predictions of its own run"):
        DatalistOptions(split=SplitOptions(name="stratified", folds=3), uncertain="self-trained", predictions="p.csv")


def test_promotion_without_a_hierarchy_is_refused() -> None:
    with pytest.raises(ValueError, match="`promote` positive needs a `hierarchy`"):
        DatalistOptions(split=SplitOptions(name="given"), promote="positive")
