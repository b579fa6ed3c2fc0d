"""Optuna's figures of a search: which values explain the score, and all values beside it."""

from __future__ import annotations

import warnings
from typing import Any

import matplotlib

FEWEST = 4  # finished configurations; of fewer nothing can be said


def plot_search(study: Any) -> dict[str, Any]:
    """Return figures by name: importances (fANOVA, Hutter et al. 2014) and parallel coordinates; none of few trials.

    Args:
        study: Optuna's.
    """
    import optuna.visualization.matplotlib as plots  # noqa: PLC0415 - only searches need it
    from matplotlib import pyplot  # noqa: PLC0415
    from optuna.exceptions import ExperimentalWarning  # noqa: PLC0415
    from optuna.importance import FanovaImportanceEvaluator  # noqa: PLC0415
    from optuna.trial import TrialState  # noqa: PLC0415

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < FEWEST or len({trial.value for trial in complete}) < 2:
        return {}
    with matplotlib.rc_context(), warnings.catch_warnings():  # Optuna sets a style of its own for the whole process
        warnings.simplefilter("ignore", ExperimentalWarning)
        importances = plots.plot_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0)).figure
        parallel = plots.plot_parallel_coordinate(study).figure
        pyplot.close("all")
    return {"importances": importances, "parallel": parallel}
