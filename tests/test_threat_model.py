"""What docs/sharing.md says about trust: each line names its tests; those without a better place are here."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bundle_runs import TINY, make_blob_list, run_bundle
from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.cli import main
from radiobundle.files import file_sha256

ROOT = Path(__file__).parents[1]


def test_every_line_of_the_threat_model_names_tests_that_exist() -> None:
    page = (ROOT / "docs/sharing.md").read_text()
    section = page[page.index("## Who is trusted for what") : page.index("## Package")]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "tested by" not in line]
    assert len(rows) == 8
    for row in [*rows, section]:
        named = re.findall(r"`([\w/]*test_\w+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text(), (file, test)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for file, test in re.findall(r"`([\w/]*test_\w+\.py)(?:::(test_\w+))?`", page.read_text()):
        assert f"def {test}" in (ROOT / "tests" / file).read_text(), (file, test)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    paths = make_blob_list(tmp_path_factory.mktemp("run"))
    run_bundle("train", **TINY, **paths, max_epochs=1)
    return paths


def test_predicting_by_a_run_executes_its_configuration(trained: dict[str, str], tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained["output_dir"], tmp_path / "run"))
    manifest = json.loads((run / "run.json").read_text())
    manifest["config"]["imports"].append(f"$__import__('pathlib').Path({str(tmp_path / 'mark')!r}).touch()")
    (run / "run.json").write_text(json.dumps(manifest))
    assert main(["predict", str(run), trained["dataset_dir"], "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "mark").exists()


def test_checksums_tell_damage_not_forgery(tmp_path: Path) -> None:
    bundle = Path(
        shutil.copytree(ROOT / "bundles/pneumonia", tmp_path / "bundle", ignore=shutil.ignore_patterns("store"))
    )
    (bundle / "models").mkdir()
    (bundle / "models/model.pt").write_bytes(b"weights")
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    for sums, errors in (("0" * 64, 1), (file_sha256(bundle / "models/model.pt"), 0)):
        metadata["checksums_sha256"] = {"models/model.pt": sums}
        (bundle / "configs/metadata.json").write_text(json.dumps(metadata))
        assert sum("models/model.pt" in str(finding) for finding in lint_bundle(bundle)) == errors


def test_tables_are_data(tmp_path: Path) -> None:
    code = f"$__import__('pathlib').Path({str(tmp_path / 'mark')!r}).touch()"
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 255, (32, 32), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    rows = "".join(f'{number}.png,p{number},"{code if number % 2 else "other"}"\n' for number in range(12))
    (tmp_path / "table.csv").write_text(f"image,patient,class\n{rows}")
    options = ["--csv", str(tmp_path / "table.csv"), "--label-column", "class", "--patient-column", "patient"]
    datalist = str(tmp_path / "list.json")
    assert main(["datalist", "csv", str(tmp_path), *options, "--output", datalist, "--duplicates", "none"]) == 0
    assert code in json.loads(Path(datalist).read_text())["labels"]
    assert main(["audit", datalist, "--dataset-dir", str(tmp_path)]) in (0, 3)
    table = "".join(f"{number}.png,test,{number % 2},0.{number % 9}1\n" for number in range(12))
    (tmp_path / "predictions.csv").write_text(f'image,split,"label:{code}","prob:{code}"\n{table}')
    assert (
        main(["report", str(tmp_path / "predictions.csv"), "--output", str(tmp_path / "report"), "--bootstrap", "0"])
        == 0
    )
    assert not (tmp_path / "mark").exists()
