"""A run with a network, for what the page shows of it."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Overrides that name a tiny trained and evaluated run on a hundred images of 32 px, with its list and store."""
    from bundle_runs import TINY, make_blob_list, run_bundle

    paths = make_blob_list(tmp_path_factory.mktemp("trained"), count=100)
    run_bundle("train", **TINY, **paths, max_epochs=2)
    run_bundle("train", "evaluate", **TINY, **paths, bootstrap=20, precision="fp32")
    return paths
