"""Small sweeps over thirty images, whose trials start at once, since what they need is imported here already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bundle_runs import make_blob_list
from sweep_cases import quick_trials, write_sweep


@pytest.fixture
def sweep_file(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a sweep file beside thirty images, see `write_sweep`."""
    make_blob_list(tmp_path)
    return partial(write_sweep, tmp_path)


@pytest.fixture
def quick() -> Iterator[None]:
    """See `quick_trials`."""
    with quick_trials():
        yield
