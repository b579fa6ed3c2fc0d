"""The page reads what `radiobundle view` writes: names, labels, probabilities, thresholds, pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from browsers import wait_for
from radiobundle.cli import main
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.choices import deciding_thresholds
from radiobundle.evaluation.predictions.csv import read_predictions
from viewing_cases import make_run

pytestmark = pytest.mark.browser

NAMES = [
    "deep.png", "<img src=x onerror=alert(1)>.png", "a'b\"c&d.png", "line\nbreak.png", "sep\u2028.png", "ü/é 雪.png",
]  # fmt: skip


@pytest.fixture
def viewed(tmp_path: Path) -> SimpleNamespace:
    """A page that the command wrote of two runs on images of which the first has 16 bits."""
    runs = [make_run(tmp_path, name=name, names=NAMES, seed=seed) for seed, name in enumerate(("one", "two"))]
    deep = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 80
    Image.fromarray(deep).save(tmp_path / "images/deep.png")
    assert main(["view", *map(str, runs), "--output", str(tmp_path / "page")]) == 0
    return SimpleNamespace(
        page=(tmp_path / "page/index.html").as_uri(), deep=deep, list=tmp_path / "list.json",
        tables=[read_predictions(run / "predictions.csv") for run in runs],
    )  # fmt: skip


def test_the_page_shows_what_the_command_wrote(
    viewed: SimpleNamespace, open_page: Callable[..., Any], shown: Callable[..., list[int]], tmp_path: Path
) -> None:
    page = open_page(viewed, address="#sort=list&descending=false")
    first, second = viewed.tables
    assert shown(page) == list(range(len(NAMES)))
    assert page.locator(".tile .name").all_text_contents() == NAMES
    for run, table in enumerate((first, second)):
        found = page.evaluate(f"[...radiobundleView.app.table().probability[{run}]]")
        assert found == pytest.approx(table.probabilities.ravel(), abs=1e-7)
    thresholds = deciding_thresholds(first, None)
    right = first.rule.predict(first.probabilities, thresholds)[:, 0] & (first.truth[:, 0] == 1)
    assert page.inner_text("#counts [data-outcome=TP] b") == str(right.sum())
    page.evaluate("radiobundleView.imageView.open(0)")
    wait_for(page, "radiobundleView.stage.image() !== null")
    values = page.evaluate("[...radiobundleView.stage.image().values]")
    assert values == viewed.deep.ravel().tolist()
    assert "16 bit" in page.inner_text("#image-source")
    for row in range(1, len(NAMES)):
        page.keyboard.press("ArrowRight")
        wait_for(page, f"radiobundleView.imageView.row() === {row} && radiobundleView.stage.image() !== null")
        assert page.locator("#image-title").text_content() == NAMES[row]
        page.keyboard.press("1")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.click("#export")
    download.value.save_as(tmp_path / "marks.csv")
    new = tmp_path / "new.json"
    assert main(["datalist", "amend", str(viewed.list), str(tmp_path / "marks.csv"), "--output", str(new)]) == 0
    before, after = (read_datalist(path).splits["test"] for path in (viewed.list, new))
    assert [item["label"][0] for item in after] == [before[0]["label"][0], *(1 - x["label"][0] for x in before[1:])]
