"""Every shipped entry is complete and buildable; your own come beside them."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from radiobundle.pretrained.load import build_network
from radiobundle.pretrained.registry import OWN_ENTRIES, entry_files, find_entry, list_entries
from radiobundle.sources.registry import SOURCES
from weights_cases import ENTRY

NAMES = sorted(entry_files())


@pytest.mark.parametrize("name", NAMES)
def test_network_of_an_entry_takes_its_input(name: str) -> None:
    entry = find_entry(name)
    if entry.network["_target_"].startswith("timm.") and find_spec("timm") is None:
        pytest.skip("timm is not installed; it needs a torchvision of torch's build")
    network = build_network(entry).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, entry.expects.channels, 64, 64)).ndim == 2


@pytest.mark.parametrize("name", NAMES)
def test_hash_in_the_name_of_a_file_is_the_entrys(name: str) -> None:
    entry = find_entry(name)
    stated = re.search(r"-([0-9a-f]{8})\.pth$", entry.source.get("address", entry.source.get("file", "")))
    assert stated is None or entry.sha256.startswith(stated[1])


def test_data_sets_that_we_read_are_named_as_datalists_name_them() -> None:
    seen = {each.data_set for entry in list_entries() for each in entry.trained_on}
    ours = set(SOURCES) - {"csv", "own"}
    others = {"imagenet", "imagenet21k", "radimagenet", "padchest", "nih_google", "openi", "rsna", "siim", "vindr"}
    assert seen <= ours | others and {"chestxray14", "chexpert", "mimic"} <= seen


def test_own_entries_come_beside_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(ENTRY))
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path))
    assert find_entry("mine").title == "a network" and {*NAMES, "mine"} == set(entry_files())
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=f"nowhere: no such folder; the environment variable {OWN_ENTRIES}"):
        entry_files()


def test_a_damaged_entry_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text("{")
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path))
    with pytest.raises(ValueError, match=r"mine\.json: not valid JSON"):
        list_entries()
