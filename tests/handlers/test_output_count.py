"""A network with other outputs than labels is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from bundle_runs import CHESTXRAY14, TINY, run_bundle
from radiobundle.bundles.running import unwrap


@pytest.mark.parametrize("outputs", ["1 output", "5 outputs"])
def test_other_outputs_than_labels_are_refused_before_a_loss_sees_them(paths: dict[str, str], outputs: str) -> None:
    tiny = {**TINY, "network_def": {**TINY["network_def"], "num_classes": int(outputs.split(maxsplit=1)[0])}}
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", **tiny, **paths, max_epochs=1)
    said = str(unwrap(caught.value))
    assert said.startswith(f"`network_def` gives {outputs} an image for 3 labels (normal, covid, non-covid)")


def test_a_loss_that_broadcasts_does_not_hide_it(chestxray14_list: dict[str, str], tmp_path: Any) -> None:
    paths = {**chestxray14_list, "output_dir": str(tmp_path)}
    tiny = {**TINY, "network_def": {**TINY["network_def"], "num_classes": 1}}
    with pytest.raises(RuntimeError) as caught:
        run_bundle("train", "recipes/auc_margin", bundle=CHESTXRAY14, **tiny, **paths, max_epochs=1)
    assert "gives 1 output an image for 14 labels" in str(unwrap(caught.value))
