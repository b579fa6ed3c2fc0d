from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from radiobundle.cli import main
from radiobundle.phantoms.anatomy import attenuation, draw_anatomy, lung_fields, patient_grid
from radiobundle.phantoms.pneumonia import draw_pneumonia_image, write_pneumonia_phantom
from radiobundle.sources.pneumonia import read_pneumonia


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_draws_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_pneumonia_phantom(tmp_path / name, n_images=30, size_px=48, seed=seed)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a").keys() == files(tmp_path / "c").keys()
    assert files(tmp_path / "a") != files(tmp_path / "c")


def test_phantom_has_the_sources_layout_and_says_synthetic(tmp_path: Path) -> None:
    assert main(["phantom", "pneumonia", str(tmp_path / "out"), "--images", "101", "--size", "48"]) == 0
    table = read_pneumonia(tmp_path / "out").table
    assert len(table) == 101
    assert "SYNTHETIC" in (tmp_path / "out/README.txt").read_text()
    with Image.open(tmp_path / "out" / table["image"][0]) as image:
        assert image.size == (48, 48)
        assert image.mode == "L"
        assert b"synthetic" in image.info["comment"]


def test_folder_that_holds_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["phantom", "pneumonia", str(tmp_path)]) == 2
    assert "already holds files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("options", "reason"), [({"n_images": 3}, "`images` 3"), ({"size_px": 8}, "`size` 8"), ({"seed": -1}, "`seed` -1")]
)
def test_senseless_phantom_is_refused(tmp_path: Path, options: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        write_pneumonia_phantom(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_lungs_are_darker_than_heart_and_abdomen() -> None:
    anatomy = draw_anatomy(np.random.default_rng(0))
    grid = patient_grid(anatomy, 128)
    density = attenuation(anatomy, grid)
    right, left = lung_fields(anatomy, grid)
    heart = np.hypot(grid.x - 0.1, grid.y - 0.34) < 0.15
    abdomen = (grid.y > 0.8) & (np.abs(grid.x) < 0.4)
    for lung in (right, left):
        assert density[lung > 0.9].mean() < density[heart].mean() - 0.2
        assert density[lung > 0.9].mean() < density[abdomen].mean() - 0.2
    assert left[grid.x < 0].max() == 0
    assert right[grid.x > 0].max() == 0


def pixels_and_labels(n_images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(n_images) % 2
    images = [
        draw_pneumonia_image(("normal", "non-covid")[label], size_px=48, random=np.random.default_rng((seed, k)))
        for k, label in enumerate(labels)
    ]
    return np.stack([image.reshape(16, 3, 16, 3).mean(axis=(1, 3)).ravel() for image in images]), labels


def test_phantom_is_learnable_but_not_trivial() -> None:
    train, train_labels = pixels_and_labels(500, seed=1)
    test, test_labels = pixels_and_labels(300, seed=2)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000)).fit(train, train_labels)
    auroc = roc_auc_score(test_labels, model.predict_proba(test)[:, 1])
    assert 0.65 < auroc < 0.97
