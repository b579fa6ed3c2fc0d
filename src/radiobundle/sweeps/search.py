"""Configurations that a sampler chooses, by Optuna: which values, what became of them, and who is hopeless.

A trial of Optuna's is one configuration here, with all its seeds and folds. Its values depend on its number and on what
has finished before it, never on a generator's state, so that a search that was killed goes on as if it had not been.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from radiobundle.extras import how_to_install
from radiobundle.sweeps.outcome import Outcome
from radiobundle.sweeps.sweep_file import Search

JOURNAL = "search.log"
_PRUNERS = {"none": "NopPruner", "median": "MedianPruner", "hyperband": "HyperbandPruner"}
_NO_SQLITE = (
    "SQLite cannot be shared: its locks do not hold on network file systems, and one worker blocks the others; leave "
    "`storage` out (a journal file in the sweep's folder needs no server), or name PostgreSQL, MySQL or grpc://HOST:PORT"
)


@dataclass(frozen=True)
class Study:
    """A search and where its memory is, for this process.

    Args:
        folder: of the sweep.
        search: what is searched.
        pruner: see `Sweep`.
        identity: of code, data and what is searched; several searches may share a storage.
        storage: address of Optuna's: a journal file (`.log`), `grpc://host:port`, or the URL of a database; None: a
            journal file in the folder.
    """

    folder: Path
    search: Search
    pruner: str
    identity: str
    storage: str | None = None

    @cached_property
    def optuna_study(self) -> Any:
        """Optuna's own object."""
        return _open(self)

    def open(self) -> None:
        """Open the storage, or refuse it.

        Raises:
            ValueError: it cannot be used; the message says why.
        """
        assert self.optuna_study is not None

    def is_finished(self, number: int) -> bool:
        """Whether the search knows what became of its configuration of that number."""
        trials = self.optuna_study.get_trials(deepcopy=False)
        return number < len(trials) and trials[number].state.is_finished()

    def values(self, number: int) -> dict[str, Any]:
        """Return the values of the configuration of that number; they are chosen when first asked for."""
        with FileLock(self.folder / ".search.lock"):
            while len(trials := self.optuna_study.get_trials(deepcopy=False)) <= number:
                self.optuna_study.ask()
            return self._suggest(_optuna().trial.Trial(self.optuna_study, trials[number]._trial_id), number)

    def tell(self, number: int, outcomes: Sequence[Outcome]) -> None:
        """Record what became of a configuration: its mean score, or that it was pruned or failed."""
        states = _optuna().trial.TrialState
        scores = [one.score for one in outcomes if one.state == "complete" and one.score is not None]
        if any(one.state == "pruned" for one in outcomes):
            self.optuna_study.tell(number, state=states.PRUNED)
        elif len(scores) < len(outcomes):
            self.optuna_study.tell(number, state=states.FAIL)
        else:
            self.optuna_study.tell(number, statistics.fmean(scores))

    def is_hopeless(self, number: int, epoch: int, score: float) -> bool:
        """Report an epoch's score; return whether the pruner would end the training here."""
        trial = _optuna().trial.Trial(self.optuna_study, self.optuna_study.get_trials(deepcopy=False)[number]._trial_id)
        trial.report(score, epoch)
        return bool(trial.should_prune())

    def _suggest(self, trial: Any, number: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for index, (name, span) in enumerate(self.search.ranges.items()):
            seed = np.random.SeedSequence([self.search.seed, number, index]).generate_state(1)[0]
            samplers = _optuna().samplers
            kind = samplers.TPESampler if self.search.sampler == "tpe" else samplers.RandomSampler
            self.optuna_study.sampler = kind(seed=int(seed))
            found[name] = _suggest_one(trial, name, span)
        return found


def _open(study: Study) -> Any:
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if study.storage is not None and "sqlite" in study.storage.lower():
        raise ValueError(_NO_SQLITE)
    try:
        storage = _open_storage(study.storage, study.folder)
        return optuna.create_study(
            study_name=f"sweep-{study.identity[:16]}",
            storage=storage,
            direction="maximize",
            pruner=getattr(optuna.pruners, _PRUNERS[study.pruner])(),
            load_if_exists=True,
        )
    except ImportError as error:
        raise ValueError(
            f"{study.storage}: its driver is not installed ({error.__context__ or error}); install it, such as "
            "`pip install 'psycopg[binary]'` for PostgreSQL or `pip install grpcio protobuf` for grpc://"
        ) from error
    except Exception as error:  # each kind of storage has errors of its own
        where = study.storage or study.folder / JOURNAL
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"{where}: cannot be used ({type(error).__name__}: {reason}); name another `storage`"
        ) from error


def _open_storage(address: str | None, folder: Path) -> Any:
    optuna = _optuna()
    if address is None or address.endswith(".log"):
        path = folder / JOURNAL if address is None else Path(address)
        return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    if address.startswith("grpc://"):
        host, _, port = address.removeprefix("grpc://").partition(":")
        return optuna.storages.GrpcStorageProxy(host=host, port=int(port or 13000))
    return optuna.storages.RDBStorage(address)


def _suggest_one(trial: Any, name: str, span: Mapping[str, Any]) -> Any:
    if "choices" in span:  # as texts, since Optuna knows no lists and mappings
        return json.loads(trial.suggest_categorical(name, [json.dumps(choice) for choice in span["choices"]]))
    low, high, step, log = span["low"], span["high"], span.get("step"), bool(span.get("log"))
    if all(isinstance(value, int) for value in (low, high, step or 1)):
        return trial.suggest_int(name, low, high, step=step or 1, log=log)
    return trial.suggest_float(name, low, high, step=step, log=log)


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415 - only searches need it
    except ModuleNotFoundError as error:
        raise ValueError(f"a search needs Optuna: {how_to_install('sweep')}") from error
    return optuna
