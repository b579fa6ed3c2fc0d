"""Easy images are shown less often, late in the training."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils.data import TensorDataset

from radiobundle.training import EasyImages, train_loader
from radiobundle.training.easy_images import sample_evenly

COUNT = 100
DATASET = TensorDataset(torch.arange(COUNT))


def engine_at(epoch: int, max_epochs: int = 4) -> Any:
    state = SimpleNamespace(epoch=epoch, max_epochs=max_epochs, device=torch.device("cpu"), output={}, batch={})
    return SimpleNamespace(state=state, data_loader=SimpleNamespace(dataset=DATASET))


def show(easy: EasyImages, engine: Any, index: torch.Tensor, predicted: torch.Tensor, label: torch.Tensor) -> None:
    engine.state.batch, engine.state.output = {"index": index}, {"pred": predicted, "label": label}
    easy(engine)


def half_learnt(epoch: int) -> EasyImages:
    """The first fifty images are right."""
    easy = EasyImages(skip=0.5)
    engine = engine_at(epoch)
    easy.start_epoch(engine)
    labels = torch.ones(COUNT, 1)
    show(easy, engine, torch.arange(COUNT), (torch.arange(COUNT) < 50).double()[:, None], labels)
    return easy


def order_of(easy: EasyImages, epoch: int = 3) -> list[int]:
    loader = train_loader(DATASET, batch_size=10, seed=1, easy=easy)
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    return list(loader.sampler)


def test_easy_images_make_room_for_hard_ones_late() -> None:
    seen = Counter(order_of(half_learnt(epoch=3)))
    easy, hard = ([seen[image] for image in part] for part in (range(50), range(50, COUNT)))
    assert sum(easy) + sum(hard) == COUNT
    assert 30 <= sum(easy) <= 37 and set(easy) == {0, 1}  # a third of the weight
    assert set(hard) == {1, 2}


def test_early_every_image_is_shown_once() -> None:
    assert sorted(order_of(half_learnt(epoch=2))) == list(range(COUNT))


def test_order_depends_on_seed_and_epoch_only() -> None:
    assert order_of(half_learnt(3)) == order_of(half_learnt(3))
    assert order_of(half_learnt(3), epoch=3) != order_of(half_learnt(3), epoch=4)


def test_ignored_labels_are_no_error() -> None:
    easy, engine = EasyImages(skip=0.5), engine_at(3)
    easy.start_epoch(engine)
    show(
        easy, engine, torch.tensor([7, 8]), torch.tensor([[0.25, 0.9], [0.5, 0.5]]), torch.tensor([[0, -1], [-1, -1.0]])
    )
    assert easy.errors[7] == 0.25 and easy.errors[8] == 0 and easy.errors[0] == 1


def test_saved_errors_go_on_where_they_were() -> None:
    first, second = half_learnt(3), EasyImages(skip=0.5)
    second.load_state_dict(first.state_dict())
    second.start_epoch(engine_at(3))
    assert order_of(first) == order_of(second)
    assert EasyImages().state_dict() == {}


def test_off_by_default() -> None:
    assert type(train_loader(DATASET, batch_size=10, easy=EasyImages()).sampler).__name__ == "DistributedSampler"


@pytest.mark.parametrize(("skip", "after", "match"), [(0, 0.5, "skip_easy"), (1, 0.5, "skip_easy"), (0.5, 1, "epochs")])
def test_impossible_fractions_are_named(skip: float, after: float, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        EasyImages(skip, after)


def test_two_rules_for_how_often_an_image_is_shown_are_refused() -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        train_loader(DATASET, batch_size=10, weights=[1.0] * COUNT, easy=EasyImages(skip=0.5))


def test_sampling_evenly_follows_the_weights() -> None:
    drawn = sample_evenly(torch.tensor([1.0, 2.0, 5.0]), 80, torch.Generator().manual_seed(0))
    assert [int((drawn == index).sum()) for index in range(3)] == [10, 20, 50]
