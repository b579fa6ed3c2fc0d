"""How far a sweep is can only be read from the folder of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.sweeps.progress import FILE, read_progress


@pytest.mark.parametrize("text", ["[]", '{"trials": [1], "searched": 0}', '{"trials": [{"id": "a"}]}', "{}"])
def test_a_foreign_plan_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="is no plan of a sweep; name the folder"):
        read_progress(tmp_path)
