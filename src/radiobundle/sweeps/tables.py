"""A sweep's tables: `results.csv`, `trials.csv`, and apart from them, because clocks differ, `timings.csv`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from radiobundle.sweeps.summary import Finished, Summary

_DECIMALS = 6


def results_table(summary: Summary) -> pd.DataFrame:
    """Return a row for each configuration; a value that is undefined is empty."""
    metric, has_folds = summary.plan.metric, len(summary.plan.datalists) > 1
    rows = [
        {
            "configuration": row.name,
            "recipes": " ".join(row.configuration.recipes),
            "overrides": json.dumps(dict(row.configuration.overrides), sort_keys=True),
            **{state: row.count(state) for state in ("complete", "pruned", "failed")},
            **_numbers(metric, row.estimate),
            "sd_between_seeds": None if row.score is None else row.score.sd,
            **_numbers("difference", row.difference, with_p=True),
            **({f"{metric}_mean_of_folds": np.mean(row.fold_scores or np.nan)} if has_folds else {}),
            **(_numbers("fold_difference", row.fold_difference, with_p=True) if has_folds else {}),
            "p_holm": row.p_holm,
            "verdict": row.verdict,
            "parameters": row.parameters,
        }
        for row in summary.rows
    ]
    table = pd.DataFrame(rows)
    numbers = table.columns.difference(["configuration", "recipes", "overrides", "verdict"])
    table[numbers] = table[numbers].apply(pd.to_numeric).round(_DECIMALS)
    return table.astype({"parameters": "Int64"})


def trials_table(summary: Summary) -> pd.DataFrame:
    """Return a row for each finished trial, without its times."""
    return pd.DataFrame(
        [
            {
                **_which(one),
                "state": one.outcome.state,
                "reason": one.outcome.reason,
                "epochs": one.outcome.epochs,
                "best_epoch": one.outcome.best_epoch,
                summary.plan.metric: one.outcome.score,
            }
            for one in summary.finished
        ]
    ).astype({"best_epoch": "Int64"})


def timings_table(summary: Summary) -> pd.DataFrame:
    """Return time and memory of each finished trial."""
    names = ("minutes", "images_per_s", "peak_memory_mib")
    return pd.DataFrame(
        [{**_which(one), **{name: getattr(one.outcome, name) for name in names}} for one in summary.finished]
    ).round(2)


def _which(one: Finished) -> dict[str, Any]:
    trial = one.trial
    return {"configuration": trial.configuration.name, "fold": trial.fold, "seed": trial.seed, "id": trial.id}


def _numbers(name: str, found: Mapping[str, Any] | None, *, with_p: bool = False) -> dict[str, Any]:
    keys = {"value": name, "low": f"{name}_low", "high": f"{name}_high", **({"p": f"{name}_p"} if with_p else {})}
    return {column: None if found is None else found[key] for key, column in keys.items()}
