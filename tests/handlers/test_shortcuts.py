"""A network that looks at the border is found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from evaluation_cases import predictions
from radiobundle.handlers.parts import Evaluated
from radiobundle.handlers.shortcuts import ShortcutFloor
from radiobundle.images.dataset import StoreDataset
from radiobundle.images.reader import RadiographReader
from radiobundle.images.store import ImageStore
from radiobundle.schemas import check_schema
from radiobundle.training.batches import PrepareBatch
from radiobundle.transforms import MaskBorder, MaskMarkers, OnlyBorder
from radiobundle.transforms.border import border_mask

CHANGES = {
    "only_border": [OnlyBorder(0.1)],
    "without_border": [MaskBorder(0.1)],
    "without_markers": [MaskMarkers()],
    "none": [],
}


class Looker(nn.Module):
    """The brightness of the border less that of the rest, or of the rest less that of the border."""

    def __init__(self, *, at_border: bool) -> None:
        super().__init__()
        self.map = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.map.weight)
        self.norm = nn.BatchNorm2d(1)  # which in training mode would wipe out what images differ in
        self.kept = nn.Identity()  # the last map, which heat maps look at
        where = torch.from_numpy(border_mask((40, 40), 0.1))
        self.register_buffer("where", (where if at_border else ~where).float())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        kept: torch.Tensor = self.kept(self.norm(self.map(images)) * self.where)
        return 20 * kept.sum((2, 3)) / self.where.sum() - 10


def dataset(folder: Path, *, at_border: bool) -> list[dict[str, Any]]:
    """Images whose border, or whose inside, is brighter where the label is present."""
    rng = np.random.default_rng(0)
    mask, items = border_mask((40, 40), 0.1), []
    for index in range(80):
        label = index % 2
        telling, other = rng.normal(100 + 60 * label, 15), rng.normal(130, 15)
        pixels = np.where(mask == at_border, telling, other) + rng.normal(0, 2, (40, 40))
        path = folder / f"{index}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        items.append({"image": str(path), "name": path.name, "split": "test", "label": [label], "sex": "FM"[label]})
    return items


@pytest.mark.parametrize("at_border", [True, False])
def test_what_is_left_on_the_border_is_what_the_network_takes_from_it(tmp_path: Path, at_border: bool) -> None:
    items = dataset(tmp_path, at_border=at_border)
    reader = RadiographReader((40, 40))
    network = Looker(at_border=at_border).train()
    engine: Any = SimpleNamespace(
        data_loader=SimpleNamespace(
            dataset=StoreDataset(items, ImageStore(tmp_path / "store", reader, progress=False))
        ),
        prepare_batch=PrepareBatch(),
        inferer=lambda images, network: network(images),
        state=SimpleNamespace(device="cpu"),
    )
    part = ShortcutFloor(
        network=network,
        data=items,
        training=items,
        changes=CHANGES,
        reader=reader,
        store_dir=tmp_path / "store",
        activation=lambda output: {"pred": output["pred"].double().sigmoid()},
        border_fraction=0.1,
        columns=("sex", "view"),
    )
    network.eval()
    images = engine.prepare_batch(engine.data_loader.dataset.__getitems__(range(80)))[0]
    with torch.no_grad():
        scores = network(images).double().sigmoid().numpy()
    network.train()  # as the evaluator leaves it
    truth = np.array([item["label"] for item in items])
    whole = replace(predictions(truth, scores), groups=pd.DataFrame({"sex": [item["sex"] for item in items]}))
    part.write(Evaluated(engine, whole, np.arange(80), tmp_path, None, 100, 0))
    content = json.loads((tmp_path / "shortcuts.json").read_text())
    check_schema(content, "shortcuts", name="shortcuts.json", fix="")
    auroc = {name: view["auroc"]["value"] for name, view in content["views"].items()}
    seen, hidden = ("only_border", "without_border") if at_border else ("without_border", "only_border")
    assert auroc["none"] == auroc["whole"] > 0.9
    assert content["views"]["none"]["difference"]["value"] == 0
    assert auroc[seen] > 0.9 and auroc[hidden] == pytest.approx(0.5, abs=0.15)
    assert content["views"][hidden]["difference"]["high"] < -0.2
    energy = content["heat"]["regions"]["border"]["energy"]["value"]
    assert energy == pytest.approx(1 if at_border else 0, abs=0.01)
    assert content["heat"]["images"] == 80
    assert content["floors"]["metadata"]["auroc"]["value"] == 1  # the sex says it all
    assert content["floors"]["metadata"]["absent"] == ["view"]
    assert content["floors"]["shuffled"]["value"] == pytest.approx(0.5, abs=0.03)
    assert network.norm.num_batches_tracked == 0  # the weights are left alone
