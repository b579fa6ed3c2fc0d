"""The normalisation that weights expect, for one channel and for three."""

from __future__ import annotations

from radiobundle.pretrained.expected import fitting_normalisation
from radiobundle.pretrained.registry import find_entry


def test_three_channels_keep_their_own_numbers_and_one_gets_the_average() -> None:
    entry = find_entry("densenet121_imagenet")
    (three,), (one,) = (fitting_normalisation(entry, channels=channels) for channels in (3, 1))
    assert three["mean"] == [0.485, 0.456, 0.406] and three["std"] == [0.229, 0.224, 0.225]
    assert (one["mean"], one["std"]) == (0.449, 0.226)


def test_equal_channels_need_one_number() -> None:
    (three,) = fitting_normalisation(find_entry("densenet121_medmae"), channels=3)
    assert (three["mean"], three["std"]) == (0.5056, 0.252)
