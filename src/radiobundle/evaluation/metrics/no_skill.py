"""What a model without skill reaches."""

from __future__ import annotations

import numpy as np

from radiobundle.evaluation.metrics.scorer import Scorer
from radiobundle.labels import IGNORED


def no_skill(scorer: Scorer) -> dict[str, dict[str, float]]:
    """Return the overall metrics of a model without skill, which gives each class's prevalence for every image.

    At the default decision it always predicts the most frequent answer. A model that is not better than this shows no
    skill, however high its values: predicting no finding at all is correct for most findings of most images.

    Args:
        scorer: of the images, for their truth and rule.

    Returns:
        probability and default, as in `overall`, of metric to value; undefined ones are left out.
    """
    known = scorer.truth != IGNORED
    positives = (scorer.truth == 1).sum(axis=0)
    prevalence = np.divide(positives, known.sum(axis=0), out=np.zeros(len(positives)), where=known.any(axis=0))
    constant = np.broadcast_to(prevalence, scorer.truth.shape)
    scores = Scorer(scorer.truth, constant, rule=scorer.rule, micro=False).score_once()
    found: dict[str, dict[str, float]] = {}
    for (scope, decision, metric), value in scores.items():
        if scope == "overall" and np.isfinite(value):
            found.setdefault(decision, {})[metric] = float(value)
    return found
