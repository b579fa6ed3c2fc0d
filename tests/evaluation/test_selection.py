"""Which epoch is the best."""

from __future__ import annotations

import pytest

from radiobundle.evaluation.selection import check_key_metric, is_better

NAN = float("nan")


@pytest.mark.parametrize(
    ("new", "old", "metric", "expected"),
    [
        ({"auroc": 0.8, "loss": 9.0}, {"auroc": 0.7, "loss": 1.0}, "auroc", True),
        ({"auroc": 1.0, "loss": 0.1}, {"auroc": 1.0, "loss": 0.2}, "auroc", True),
        ({"auroc": 1.0, "loss": 0.2}, {"auroc": 1.0, "loss": 0.2}, "auroc", False),
        ({"auroc": 1.0, "loss": NAN}, {"auroc": 1.0, "loss": 0.2}, "auroc", False),
        ({"auroc": NAN, "loss": 0.1}, {"auroc": 0.1, "loss": 0.2}, "auroc", False),
        ({"auroc": 0.1, "loss": 0.3}, {"auroc": NAN, "loss": 0.2}, "auroc", True),
        ({"auroc": 0.5, "loss": 0.1}, {"auroc": 0.9, "loss": 0.2}, "loss", True),
        ({"auroc": 0.9, "loss": 0.3}, {"auroc": 0.5, "loss": 0.2}, "loss", False),
        ({"auroc": 0.9}, {"auroc": 0.9}, "auroc", False),
    ],
)
def test_metric_decides_then_the_lower_loss(
    new: dict[str, float], old: dict[str, float], metric: str, expected: bool
) -> None:
    assert is_better(new, old, metric=metric) is expected


def test_first_epoch_is_better_than_none() -> None:
    assert is_better({"auroc": NAN, "loss": NAN}, None, metric="auroc")


def test_unknown_metric_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="key_metric 'accurcy' is unknown; did you mean 'accuracy'"):
        check_key_metric("accurcy")
    with pytest.raises(ValueError, match="key_metric 'AUPRC' is unknown; it is called 'average_precision' here; use"):
        check_key_metric("AUPRC")


def test_metric_that_a_configuration_brings_along_is_known() -> None:
    check_key_metric("worst_auroc", own=["auroc", "worst_auroc"])
    with pytest.raises(ValueError, match="did you mean 'worst_auroc'"):
        check_key_metric("wrst_auroc", own=["worst_auroc"])
    assert is_better({"worst_auroc": 0.6}, {"worst_auroc": 0.5}, metric="worst_auroc")
