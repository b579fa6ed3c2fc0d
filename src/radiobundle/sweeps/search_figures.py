"""Optuna's figures of a search: which values explain the score, and all values beside it."""

from __future__ import annotations

from typing import Any

from radiobundle.sweeps.search import Study, load_study

FEWEST = 4  # finished configurations, of fewer nothing can be said


def plot_search(study: Study) -> dict[str, Any]:
    """Return figures by name: importances (fANOVA, Hutter et al. 2014) and parallel coordinates; none of few trials."""
    import optuna.visualization.matplotlib as plots  # noqa: PLC0415 - only searches need it
    from optuna.trial import TrialState  # noqa: PLC0415

    opened = load_study(study)
    complete = opened.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < FEWEST or len({trial.value for trial in complete}) < 2:
        return {}
    importances = plots.plot_param_importances(opened, evaluator=_evaluator())
    return {"importances": importances.figure, "parallel": plots.plot_parallel_coordinate(opened).figure}


def _evaluator() -> Any:
    from optuna.importance import FanovaImportanceEvaluator  # noqa: PLC0415

    return FanovaImportanceEvaluator(seed=0)
