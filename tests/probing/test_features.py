"""Features are those that the last layer gets, from images normalised as the weights were trained with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bundle_runs import make_blob_list
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.pretrained.load import build_network
from radiobundle.pretrained.registry import OWN_ENTRIES, find_entry
from radiobundle.probing import features
from radiobundle.probing.features import compute_features
from weights_cases import write_tiny_entry


@pytest.mark.parametrize("channels", [1, 3])
def test_features_of_the_network_and_input_that_the_entry_states(
    channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "entries"))
    entry = find_entry(write_tiny_entry(tmp_path / "entries", channels=channels))
    paths = make_blob_list(tmp_path, count=6)
    items = [{"image": f"{paths['dataset_dir']}/{index}.png"} for index in range(6)]
    reader = RadiographReader(32)
    found = compute_features(entry, items, ImageStore(tmp_path / "store", reader), batch_size=4)
    network = build_network(entry).eval()
    network.load_state_dict(torch.load(entry.source["file"], weights_only=True))
    network.fc = torch.nn.Identity()
    pixels = torch.from_numpy(np.stack([reader(item["image"]) for item in items])).float() / 255
    with torch.inference_mode():
        expected = network(((pixels - 0.5) / 0.25).expand(-1, channels, -1, -1))
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=0.05, atol=0.05)  # bfloat16 where there is any


def test_an_image_is_computed_once_in_whatever_list_and_again_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWN_ENTRIES, str(tmp_path / "entries"))
    entry = find_entry(write_tiny_entry(tmp_path / "entries", channels=1))
    paths = make_blob_list(tmp_path, count=6)
    items = [{"image": f"{paths['dataset_dir']}/{index}.png"} for index in range(6)]
    computed: list[int] = []
    run = features._run

    def counted(*given: Any) -> np.ndarray:
        computed.append(len(given[3]))
        return run(*given)

    monkeypatch.setattr(features, "_run", counted)
    first = compute_features(entry, items[:4], ImageStore(tmp_path / "store", RadiographReader(32)))
    second = compute_features(entry, items[::-1], ImageStore(tmp_path / "store", RadiographReader(32)))
    assert computed == [4, 2]
    np.testing.assert_array_equal(first, second[::-1][:4])
    Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save(items[0]["image"])
    third = compute_features(entry, items, ImageStore(tmp_path / "store", RadiographReader(32)))
    (kept,) = (tmp_path / "store").rglob("*.npz")
    for damage in (b"", kept.read_bytes()[:300]):
        kept.write_bytes(damage)
        compute_features(entry, items[:3], ImageStore(tmp_path / "store", RadiographReader(32)))
    assert computed == [4, 2, 1, 3, 3] and not np.array_equal(third[0], first[0])
