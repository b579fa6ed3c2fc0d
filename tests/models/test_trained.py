"""A trained network from its run's folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radiobundle.models.trained import load_model


def test_weights_that_were_kept_elsewhere_are_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"config": {"ckpt_dir": "/data/weights"}}))
    with pytest.raises(ValueError, match=r"model\.pt: not there; the run kept its weights in /data/weights"):
        load_model(tmp_path)
