"""Unfinished results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from radiobundle.serving import predict as module


def test_image_named_like_a_missing_value_is_not_predicted_twice(tmp_path: Path) -> None:
    module.Results(tmp_path, manifest={}).add(pd.DataFrame({"image": ["NA", "a.png"], "prob:a": [0.1, 0.2]}))
    assert module.Results(tmp_path, manifest={}).done == {"NA", "a.png"}
