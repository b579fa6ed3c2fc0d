"""How a trial ended, as `trial.json` in its folder says; the file comes last: a trial that has one is finished."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from radiobundle.files import read_json, write_json

State = Literal["complete", "pruned", "failed"]
FILE = "trial.json"
LOG = "log.txt"
PREDICTIONS = "predictions.csv"
_FIX = "the trial runs again"
_SCHEMA = "radiobundle-trial/1"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a trial ended.

    Args:
        id: of the trial.
        state: complete; pruned: ended early because others were better; failed: no result.
        reason: of a failure.
        epochs: that were trained.
        best_epoch: whose weights were kept.
        score: of the metric that configurations are compared by, on validation, at the best epoch.
        parameters: of the network.
        minutes: of training, validation and evaluation; those of starts that were killed count up to their last epoch.
        images_per_s: training images a second, with the validation that each epoch ends with.
        peak_memory_mib: of the process, or of the GPU where there is one.
    """

    id: str
    state: State
    reason: str | None = None
    epochs: int = 0
    best_epoch: int | None = None
    score: float | None = None
    parameters: int | None = None
    minutes: float | None = None
    images_per_s: float | None = None
    peak_memory_mib: float | None = None


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write how a trial ended into its folder."""
    write_json(folder / FILE, {"schema": _SCHEMA, **asdict(outcome)})


def read_outcome(folder: Path, *, identity: str) -> Outcome | None:
    """Return how the trial in a folder ended; None: it has not.

    Args:
        folder: of the trial's run.
        identity: id of the trial.

    Raises:
        ValueError: the file is damaged, is another trial's, or lacks its predictions; the message names it.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    content: Any = read_json(path, fix=_FIX)
    try:
        outcome = Outcome(**{key: value for key, value in content.items() if key != "schema"})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path}: does not say how a trial ended ({error}); {_FIX}") from error
    if outcome.state not in get_args(State):
        raise ValueError(f"{path}: '{outcome.state}' is no way to end; {_FIX}")
    if outcome.id != identity:
        raise ValueError(f"{path}: is of trial {outcome.id}, not of {identity}; {_FIX}")
    if outcome.state == "complete" and not (folder / PREDICTIONS).is_file():
        raise ValueError(f"{folder}: {PREDICTIONS} is missing; {_FIX}")
    return outcome
