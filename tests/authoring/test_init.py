"""A new bundle for anybody's labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiobundle.authoring.init import placeholders, suitable_size_px
from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.cli import main
from radiobundle.images.errors import UnreadableImageError


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_new_bundle_is_clean_and_rendered(task: str, tmp_path: Path) -> None:
    folder = tmp_path / "wrist_fracture"
    assert main(["init", str(folder), "--labels", "none, hairline,displaced", "--task", task, "--size", "64"]) == 0
    assert lint_bundle(folder) == []
    assert main(["render", "--check", str(folder)]) == 0


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--labels", "one", "--task", "multiclass"), "at least two"),
        (("--labels", "a,b,a"), "names a label twice"),
        (("--labels", "a,b", "--size", "8"), "at least 32"),
        (("--labels", "a,b", "--size", "0"), "at least 32"),
        (("--labels", "a,$b"), "'$b' begins with $, which a configuration executes"),
    ],
)
def test_impossible_bundle_is_refused(
    options: tuple[str, ...], match: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "new"), *options]) == 2
    assert match in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["init", str(tmp_path), "--labels", "a,b"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_datalist_and_images_tell_labels_task_and_size(
    paths: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lungs"
    asked = ["init", str(folder), "--datalist", paths["datalist"], "--dataset-dir", paths["dataset_dir"]]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "task multiclass, the labels normal, covid, non-covid exclude each other" in said
    assert "size 32, because the median shorter side of 30 images is 32 pixels" in said
    metadata = json.loads((folder / "configs/metadata.json").read_text())
    assert metadata["label_task"] == "multiclass"
    data_format = metadata["network_data_format"]
    assert list(data_format["outputs"]["pred"]["channel_def"].values()) == ["normal", "covid", "non-covid"]
    assert data_format["inputs"]["image"]["spatial_shape"] == [32, 32]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--task", "multilabel"), "has task multiclass, not multilabel; leave out --task"),
        (("--labels", "normal,sick"), "not normal, sick; leave out --labels"),
    ],
)
def test_what_contradicts_the_datalist_is_refused(
    options: tuple[str, ...], match: str, paths: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "new"), "--datalist", paths["datalist"], *options]) == 2
    assert match in capsys.readouterr().err


def test_new_bundle_shows_its_augmentation(tmp_path: Path) -> None:
    main(["init", str(tmp_path / "new"), "--labels", "a", "--size", "32"])
    authored = json.loads((tmp_path / "new/authored/config.json").read_text())
    assert authored["train"]["train"]["augmentation"][0]["flip"] == 0  # a radiograph says which side is which


def test_task_that_nobody_stated_is_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "new"), "--labels", "normal,sick", "--size", "32"])
    assert "task multilabel: labels may be true together; if they exclude each other" in capsys.readouterr().out


def test_bundle_of_the_working_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrist_fracture").mkdir()
    monkeypatch.chdir(tmp_path / "wrist_fracture")
    assert main(["init", ".", "--labels", "a", "--size", "32"]) == 0
    assert json.loads(Path("configs/metadata.json").read_text())["name"] == "Wrist fracture"


def test_unreadable_images_do_not_decide_the_size(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("not an image")
    Image.fromarray(np.arange(100 * 70, dtype=np.uint8).reshape(100, 70)).save(tmp_path / "good.png")
    assert suitable_size_px([tmp_path / "bad.png", tmp_path / "good.png", tmp_path / "gone.png"]) == (64, 1, 70)
    with pytest.raises(UnreadableImageError, match="gone"):
        suitable_size_px([tmp_path / "gone.png"])


def test_gaps_that_were_filled_but_not_rendered_are_still_gaps(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    main(["init", str(folder), "--labels", "a", "--size", "32"])
    assert any("authored/metadata.json" in line for line in placeholders(folder))
    for name in ("docs/README.md", "docs/data_license.txt", "authored/metadata.json"):
        text = (folder / name).read_text().replace("Say here", "It is").replace("Give here", "They are")
        (folder / name).write_text(text.replace("your names", "Jane Doe"))
    assert "run `radiobundle render" in placeholders(folder)[-1]
    assert main(["render", str(folder)]) == 0
    assert placeholders(folder) == []


def test_texts_of_a_new_bundle_do_not_claim_a_network_that_a_recipe_may_replace(tmp_path: Path) -> None:
    main(["init", str(tmp_path / "new"), "--labels", "a", "--size", "32"])
    texts = [(tmp_path / "new" / name).read_text() for name in ("docs/README.md", "authored/metadata.json")]
    assert not any("ResNet" in text or "32x32" in text for text in texts)
