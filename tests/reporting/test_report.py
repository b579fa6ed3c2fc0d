"""The report as a command writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bundle_runs import TINY, run_bundle
from evaluation_cases import write_three_classes
from radiobundle.cli import main
from radiobundle.reporting.report import write_report

pytestmark = pytest.mark.usefixtures("without_figures")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three exclusive classes, by sex too."""
    folder = tmp_path_factory.mktemp("report")
    command = ["report", str(write_three_classes(folder / "predictions.csv")), "--output", str(folder / "report")]
    assert main([*command, "--groups", "sex", "--bootstrap", "50"]) == 0
    return folder / "report"


def test_report_judges_test_at_thresholds_fitted_on_validation(output: Path) -> None:
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["headline_split"] == "test" and metrics["splits"]["test"]["images"] == 120
    assert json.loads((output / "thresholds.json").read_text())["fitted_on"] == "validation"
    assert set(metrics["groups"]) == {"sex"}


def test_run_is_named_by_its_folder(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["report", str(output.parent), "--output", str(tmp_path / "again"), "--bootstrap", "20"]
    assert main(command) == 0
    assert "test, 120 images: mean AUROC" in capsys.readouterr().out
    assert main(["report", str(tmp_path), "--output", str(tmp_path / "other")]) == 2
    assert "holds no predictions.csv" in capsys.readouterr().err


def test_nothing_is_replaced_in_silence(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "copy.csv").write_bytes((output.parent / "predictions.csv").read_bytes())
    runs = [str(output.parent), str(tmp_path / "copy.csv")]
    command = ["compare", *runs, "--output", str(tmp_path / "compared"), "--bootstrap", "100"]
    assert main(command) == 0
    assert "(replaced" not in capsys.readouterr().out
    assert main(command) == 0
    assert "compare.png (replaced the results that were there)" in capsys.readouterr().out
    (tmp_path / "compared" / "compare.md").write_text("with my remarks")
    assert main(command) == 2
    assert "would replace compare.md" in (said := capsys.readouterr().err) and "give --overwrite" in said
    assert (tmp_path / "compared" / "compare.md").read_text() == "with my remarks"
    assert main([*command, "--overwrite"]) == 0


def test_report_page_needs_no_network(output: Path) -> None:
    page = (output / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", page)
    assert "@import" not in page and "url(http" not in page


def test_single_label_has_no_row_twice(tmp_path: Path) -> None:
    rows = [
        f"{i}.png,{('validation', 'test')[i % 2]},{i % 3 % 2},{0.2 + i % 3 % 2 * 0.3 + i % 5 / 20}" for i in range(60)
    ]
    (tmp_path / "p.csv").write_text("\n".join(["image,split,label:sick,prob:sick", *rows]) + "\n")
    write_report(tmp_path / "p.csv", tmp_path / "report", bootstrap=20)
    text = (tmp_path / "report" / "report.md").read_text()
    assert "all, summed" not in text and "Averages over classes" not in text
    assert text.index("AUROC") < text.index("> **Note.**") < text.index("Out of 1,000 patients")


def test_report_of_a_run_names_its_model_recipes_day_and_data(paths: dict[str, str]) -> None:
    run_bundle("train", "recipes/stage1", **TINY, **paths, max_epochs=1)
    run_bundle("train", "evaluate", "recipes/stage1", **TINY, **paths, bootstrap=20)
    text = (Path(paths["output_dir"]) / "report.md").read_text()
    assert text.startswith("# Evaluation of Pneumonia classification of chest radiographs 0.1")
    assert "trained on 20" in text and "datalist datalist.json (SHA-256 " in text


def test_wide_tables_show_some_columns_first_and_all_in_markdown(predictions_csv: Path, tmp_path: Path) -> None:
    write_report(predictions_csv, tmp_path / "report", bootstrap=20)
    page, text = ((tmp_path / "report" / name).read_text() for name in ("report.html", "report.md"))
    assert 'data-shown="0,1,2,3,4,5,' in page and "<details><summary>Out of 1,000 patients</summary>" in page
    assert "| Cohen's kappa |" in text
