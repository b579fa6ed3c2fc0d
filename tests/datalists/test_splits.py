from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiobundle.datalists.plan import SplitOptions, plan_splits
from radiobundle.datalists.policies import decide_labels
from radiobundle.datalists.splits import MOST_LABELSETS, assign_groups, assign_labelsets


def multilabel(n_rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = (random.random((n_rows, 5)) < [0.2, 0.1, 0.05, 0.02, 0.01]).astype(np.int8)
    groups = np.unique(random.geometric(0.02, n_rows), return_inverse=True)[1]
    return labels, groups


@given(st.integers(0, 2**31), st.integers(2, 5), st.integers(5, 80))
@settings(max_examples=40, deadline=None)
def test_no_group_in_two_parts(seed: int, n_parts: int, n_groups: int) -> None:
    random = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(n_groups), random.integers(0, n_groups, 100)])
    labels = random.integers(-1, 2, (len(groups), 3))
    part = assign_groups(labels, groups, fractions=[1] * n_parts, seed=0)
    assert all(len(set(part[groups == group])) == 1 for group in range(n_groups))
    assert set(part) <= set(range(n_parts))


def test_every_label_follows_the_fractions() -> None:
    labels, _ = multilabel(20_000)
    fractions = np.array([0.7, 0.1, 0.2])
    part = assign_groups(labels, np.arange(len(labels)), fractions=fractions, seed=0)
    for k in range(labels.shape[1]):
        counts = np.bincount(part[labels[:, k] == 1], minlength=3)
        assert np.abs(counts - fractions * counts.sum()).max() <= 3
    assert np.allclose(np.bincount(part) / len(part), fractions, atol=0.002)


def test_large_groups_do_not_all_land_in_training() -> None:
    random = np.random.default_rng(0)
    sizes = np.concatenate([np.full(40, 50), np.full(2000, 2)])
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = (random.random((len(groups), 2)) < 0.2).astype(np.int8)
    part = assign_groups(labels, groups, fractions=[0.7, 0.1, 0.2], seed=0)
    first_row = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    large = np.bincount(part[first_row[:40]], minlength=3)
    assert large[1] >= 2
    assert large[2] >= 5


def test_seed_decides_the_split() -> None:
    labels, groups = multilabel(2000)
    first, again, other = (assign_groups(labels, groups, fractions=[0.8, 0.2], seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("fractions", [[1.0], [0.5, 0.0], [0.5, -0.5]])
def test_senseless_fractions_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="fractions must be"):
        assign_groups(np.ones((4, 1)), np.arange(4), fractions=fractions, seed=0)


def test_too_few_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="1 independent patients"):
        assign_groups(np.ones((4, 1)), np.zeros(4, dtype=int), fractions=[0.5, 0.5], seed=0)


def table(n_rows: int = 60) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    split = np.where(np.arange(n_rows) < n_rows // 3, "test", "training")
    frame = pd.DataFrame({"image": [f"{i}.png" for i in range(n_rows)], "patient_id": np.nan, "split": split})
    return frame, np.eye(3, dtype=np.int8)[np.arange(n_rows) % 3], np.arange(n_rows)


def test_carved_keeps_the_given_test() -> None:
    frame, labels, groups = table()
    (plan,) = plan_splits(frame, labels, groups, options=SplitOptions(name="carved", validation_fraction=0.25))
    assert ((plan.split == "test") == (frame["split"] == "test")).all()
    assert (plan.split == "validation").sum() == 10
    assert not plan.left_out.any()


def test_carved_leaves_out_what_is_linked_to_test() -> None:
    frame, labels, groups = table()
    groups[30] = groups[0]
    (plan,) = plan_splits(frame, labels, groups, options=SplitOptions(name="carved"))
    assert np.flatnonzero(plan.left_out).tolist() == [30]
    assert plan.split[30] == ""


def test_folds_test_every_row_once() -> None:
    frame, labels, groups = table()
    plans = list(plan_splits(frame, labels, groups, options=SplitOptions(name="stratified", folds=5)))
    for split in ("test", "validation"):
        assert (np.sum([plan.split == split for plan in plans], axis=0) == 1).all()
    carved = list(plan_splits(frame, labels, groups, options=SplitOptions(name="carved", folds=2)))
    given_test = (frame["split"] == "test").to_numpy()
    assert (np.sum([plan.split == "validation" for plan in carved], axis=0) == ~given_test).all()


def test_patient_split_needs_patients() -> None:
    frame, labels, groups = table()
    with pytest.raises(ValueError, match=r"60 of 60 images have no patient id.*0\.png"):
        list(plan_splits(frame, labels, groups, options=SplitOptions(name="patient")))


def test_given_split_needs_a_split() -> None:
    frame, labels, groups = table()
    for name in ("given", "carved"):
        with pytest.raises(ValueError, match="has no split"):
            list(plan_splits(frame.drop(columns="split"), labels, groups, options=SplitOptions(name=name)))


@pytest.mark.parametrize(
    "options",
    [
        {"name": "by_chance"},
        {"name": "given", "folds": 3},
        {"name": "stratified", "folds": 2},
        {"name": "stratified", "fractions": (0.5, 0.5)},
        {"name": "stratified", "fractions": (0.5, 0.2, 0.2)},
        {"name": "carved", "validation_fraction": 1.0},
    ],
)
def test_senseless_split_options_are_refused(options: dict) -> None:
    with pytest.raises(ValueError, match="`"):
        SplitOptions(**options)


@pytest.mark.parametrize(
    ("uncertain", "not_mentioned", "expected"),
    [("ones", "zeros", [1, 0, 1, 0]), ("zeros", "ignore", [1, 0, 0, -1]), ("ignore", "zeros", [1, 0, -1, 0])],
)
def test_policy_decides_uncertain_and_silent(uncertain: str, not_mentioned: str, expected: list[int]) -> None:
    decided = decide_labels(np.array([1, 0, -1, np.nan]), uncertain=uncertain, not_mentioned=not_mentioned)
    assert decided.tolist() == expected


def test_unknown_policy_and_value_are_refused() -> None:
    with pytest.raises(ValueError, match="`uncertain` 'maybe' is unknown"):
        decide_labels(np.zeros(1), uncertain="maybe")
    for value in (1.5, -0.5, -2):
        with pytest.raises(ValueError, match="may be 1, 0, soft"):
            decide_labels(np.array([value]))
    assert decide_labels(np.array([0.25, -1.0]), uncertain="ones").tolist() == [0.25, 1.0]


@given(st.integers(0, 2**31), st.integers(2, 4))
@settings(max_examples=40, deadline=None)
def test_labelsets_keep_patients_whole(seed: int, n_parts: int) -> None:
    random = np.random.default_rng(seed)
    groups = np.unique(random.integers(0, 40, 200), return_inverse=True)[1]
    labels = random.integers(0, 2, (200, 3))
    part = assign_labelsets(labels, groups, fractions=[1] * n_parts, seed=0)
    assert all(len(set(part[groups == group])) == 1 for group in set(groups))


def test_every_set_of_labels_follows_the_fractions() -> None:
    labels, _ = multilabel(20_000)
    fractions = np.array([0.8, 0.2])
    part = assign_labelsets(labels, np.arange(len(labels)), fractions=fractions, seed=0)
    for labelset in np.unique(labels, axis=0):
        counts = np.bincount(part[(labels == labelset).all(axis=1)], minlength=2)
        assert np.abs(counts - fractions * counts.sum()).max() <= 1


def test_many_sets_are_split_label_by_label() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (3000, 10))
    assert len(np.unique(labels, axis=0)) > MOST_LABELSETS
    one, other = (
        split(labels, np.arange(3000), fractions=[1, 1], seed=0) for split in (assign_labelsets, assign_groups)
    )
    assert (one == other).all()


def test_label_with_too_few_patients_is_named() -> None:
    table = pd.DataFrame({"image": list("abcdef"), "patient_id": list("uvwxyz")})
    labels = np.array([[1, 0], [1, 0], [1, 1], [1, 1], [0, 0], [0, 0]])
    options = SplitOptions(name="labelset")
    with pytest.raises(ValueError, match="label 'Hernia' is present in 2 independent patients"):
        list(plan_splits(table, labels, np.arange(6), options=options, names=("Edema", "Hernia")))


def test_split_that_would_stay_empty_is_refused() -> None:
    table = pd.DataFrame({"image": list("abcd"), "patient_id": list("wxyz")})
    labels = np.array([[1], [1], [1], [0]])
    with pytest.raises(ValueError, match="validation gets no image; add patients"):
        list(plan_splits(table, labels, np.arange(4), options=SplitOptions(name="labelset")))
