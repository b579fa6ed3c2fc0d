"""The order of labels."""

from __future__ import annotations

import pytest

from radiobundle.labels import channel_names


def test_channels_are_numbered_not_sorted_as_text() -> None:
    names = [f"label {number}" for number in range(12)]
    channels = {str(number): name for number, name in enumerate(names)}
    assert channel_names(dict(sorted(channels.items()))) == names
    assert channel_names(dict(reversed(channels.items()))) == names


@pytest.mark.parametrize("keys", [["1", "2"], ["0", "2"], ["0", "a"], ["0", "01"], ["0", "-1"], []])
def test_channels_with_gaps_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="channel_def"):
        channel_names({key: key for key in keys})
