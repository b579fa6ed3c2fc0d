"""Model soups: the average of the weights of several trainings as one network, which costs no more than one of them.

Source: Wortsman et al. 2022, Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time. Weights that began at one and the same start can be averaged; from other random starts
the average is usually worth nothing, which the table then says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import joblib
from torch import nn

from radiobundle.evaluation.repeats import score_once
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.models.trained import TrainedModel, load_model
from radiobundle.sweeps.ensembles import Ensemble, Training, aligned_with, compare_with_best, ranked_trainings, score_on
from radiobundle.sweeps.outcome import LOG, PREDICTIONS
from radiobundle.sweeps.places import SOUPS
from radiobundle.sweeps.processes import run_process
from radiobundle.sweeps.soup_process import SoupJob, run_soup
from radiobundle.sweeps.summary import Summary, read_validation
from radiobundle.sweeps.worker import Worker

UNIFORM, GREEDY = "uniform soup", "greedy soup"
Member = TypeVar("Member")


def make_soups(worker: Worker, summary: Summary, *, size: int) -> list[Ensemble]:
    """Average the weights of the best trainings, all of them (uniform) and those that help (greedy).

    Trainings whose network or preprocessing differs from the best one's are left out, which is said. Each soup is a run
    in folder `soups` of the sweep, and is made once.

    Args:
        worker: of the sweep.
        summary: of the sweep.
        size: how many of the best trainings.
    """
    ranked = [one for one in ranked_trainings(summary) if not one.row.configuration.parts][:size]
    fitting = _fitting(ranked)
    if len(fitting) < len(ranked):
        others = len(ranked) - len(fitting)
        worker.say(f"note: soups: {others} of the best {len(ranked)} trainings have another network or preprocessing")
    if len(fitting) < 2:
        return []
    best = score_on(summary, fitting[0].table)
    found = []
    for kind, members in ((UNIFORM, fitting), (GREEDY, greedy_members(fitting, lambda some: _score(worker, some)))):
        if len(members) < 2:
            worker.say(f"note: {kind}: no other training makes the best one better")
            continue
        run = _soup(worker, members)
        if run is None:
            continue
        names = [one.name for one in members]
        table = aligned_with(members[0].table, read_validation(run, task=members[0].table.task), name=run)
        found.append(compare_with_best(kind, names, table, best=best, summary=summary))
    return found


def greedy_members(ranked: Sequence[Member], score: Callable[[Sequence[Member]], float]) -> list[Member]:
    """Return those that a greedy soup keeps: each in turn, if the soup is then at least as good.

    Args:
        ranked: the best first.
        score: of the soup of some of them; of a single one, its own.

    >>> greedy_members([3, 1, 2], lambda some: sum(some) / len(some) + 2 * (2 in some))
    [3, 2]
    """
    kept = list(ranked[:1])
    best = score(kept)
    for one in ranked[1:]:
        found = score([*kept, one])
        if found >= best:
            kept, best = [*kept, one], found
    return kept


def _score(worker: Worker, members: Sequence[Training]) -> float:
    if len(members) == 1:
        return members[0].score
    run = _soup(worker, members)
    metric = worker.plan.metric
    return -float("inf") if run is None else score_once(read_validation(run, task=members[0].table.task), metric)


def _soup(worker: Worker, members: Sequence[Training]) -> Path | None:
    """Return the folder of a soup, made now if it is not there; None: it could not be made, which is said."""
    trials = [one.trials[0] for one in members]
    text = json.dumps([one.trial.id for one in trials])
    folder = worker.folder / SOUPS / f"{len(members)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if (folder / PREDICTIONS).is_file():
        return folder
    job = worker.job(trials[0].trial)
    job = replace(job, overrides={**job.overrides, "output_dir": str(folder)})
    status = run_process(run_soup, SoupJob(job=job, members=tuple(one.folder / WEIGHTS for one in trials)))
    if status:
        worker.say(f"note: {folder}: this soup could not be made ({LOG} there says why)")
        return None
    return folder


def _fitting(ranked: Sequence[Training]) -> list[Training]:
    """Return the trainings whose networks and preprocessing are those of the first."""
    kinds = [_kind(load_model(one.trials[0].folder)) for one in ranked]
    return [one for one, kind in zip(ranked, kinds, strict=True) if kind == kinds[0]]


def _kind(model: TrainedModel) -> tuple[object, ...]:
    shapes = tuple((name, tuple(value.shape)) for name, value in model.network.state_dict().items())
    layers = tuple(type(module).__name__ for module in model.network.modules() if not isinstance(module, nn.Dropout))
    return shapes, layers, joblib.hash((model.reader, model.normalisation))
