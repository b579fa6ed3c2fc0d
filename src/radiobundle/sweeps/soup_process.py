"""One soup in a process of its own: average weights, measure batch normalisation again, predict validation images."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from monai.engines import SupervisedTrainer

from radiobundle.files import file_sha256, read_json, write_json
from radiobundle.handlers.checkpoint import save_checkpoint
from radiobundle.models.evaluated import WEIGHTS
from radiobundle.networks.batch_norm import measure_batch_norm
from radiobundle.networks.weights import load_weights, read_weights
from radiobundle.sweeps.trial_process import Job, enter_job, evaluate_validation, training_workflow
from radiobundle.training.run_folder import copy_description


@dataclass(frozen=True)
class SoupJob:
    """What the process of a soup needs to know.

    Args:
        job: of its best member, but for the folder.
        members: weights, the best first.
    """

    job: Job
    members: tuple[Path, ...]


def run_soup(soup: SoupJob) -> None:
    """Make a soup, as a run whose `predictions.csv` comes last; exits with 1 where that fails."""
    enter_job(soup.job)
    try:
        _make(soup)
    except Exception:  # whatever a configuration's own code raises; the log has it
        traceback.print_exc()
        sys.exit(1)


def average_weights(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of each tensor of several state dicts; counters and other whole numbers are the first's.

    >>> average_weights([{"w": torch.tensor([1.0])}, {"w": torch.tensor([2.0])}])
    {'w': tensor([1.5000])}
    """
    return {
        name: torch.stack([state[name].double() for state in states]).mean(0).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in states[0].items()
    }


def _make(soup: SoupJob) -> None:
    weights = soup.job.folder / WEIGHTS
    best = soup.members[0].parents[1]
    copy_description(best, soup.members[0].parent, soup.job.folder)
    save_checkpoint(weights, average_weights([read_weights(path) for path in soup.members]))
    # What the network sees when it is used: images without augmentation.
    trainer = training_workflow(soup.job, {"train#augmentation": []}).trainer
    load_weights(trainer.network, weights)
    _measure_batch_normalisation(trainer)
    save_checkpoint(weights, trainer.network.state_dict())
    members = [{"path": str(path), "sha256": file_sha256(path)} for path in soup.members]
    manifest = soup.job.folder / "run.json"
    write_json(manifest, {**read_json(manifest, fix="train again"), "stages": members})
    evaluate_validation(soup.job)


def _measure_batch_normalisation(trainer: SupervisedTrainer) -> None:
    """Measure means and variances again, since those of an average are not the average of those."""
    device = trainer.state.device
    batches = (trainer.prepare_batch(batch, device, False)[0] for batch in trainer.data_loader)
    measure_batch_norm(trainer.network, batches, device)
