"""What the figures of a sweep show."""

from __future__ import annotations

from radiobundle.reporting.sweep_figures import plot_seeds


def test_one_seed_is_a_circle_and_has_no_mean() -> None:
    [one] = plot_seeds([("a", [0.8])], metric="auroc").axes
    assert len(one.lines) == 1 and "mean" not in one.get_xlabel()
    [several] = plot_seeds([("a", [0.8]), ("b", [0.7, 0.9])], metric="auroc").axes
    assert len(several.lines) == 3 and "mean" in several.get_xlabel()
