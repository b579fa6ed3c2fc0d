"""Labels made uncertain at random."""

from __future__ import annotations

import numpy as np

from nih_as_chexpert import make_uncertain


def test_half_of_the_uncertain_labels_are_positive_in_truth() -> None:
    random = np.random.default_rng(0)
    truth = (random.random((1000, 2)) < [0.3, 0.1]).astype(float)
    allowed = random.random(1000) < 0.7
    written = make_uncertain(truth, allowed, fraction=0.4, seed=1)
    uncertain = written == -1
    assert not uncertain[~allowed].any()
    for label in range(2):
        positives = int((allowed & (truth[:, label] == 1)).sum())
        hidden = truth[uncertain[:, label], label]
        assert hidden.sum() == round(0.4 * positives) == len(hidden) / 2
    np.testing.assert_array_equal(written[~uncertain], truth[~uncertain])
