"""The tutorial, the how-to and the API page run as they stand."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from documents import Shell, sections_of, shell
from processes import linted_at_once
from radiobundle.files import read_json
from sweep_cases import quick_trials

pytestmark = pytest.mark.slow
HOWTO = sections_of("howto.md")
TUTORIAL = sections_of("tutorial.md")
SWEEP = "6. Which is better? A sweep over folds"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tutorial was done."""
    place = tmp_path_factory.mktemp("documents")
    with shell(place) as prompt, linted_at_once():
        for title, blocks in TUTORIAL.items():
            if title != SWEEP:  # whose trials start faster in a test of their own
                prompt.run(blocks)
    return place


@pytest.fixture
def prompt(folder: Path) -> Iterator[Shell]:
    with shell(folder) as found:
        yield found


def weights(run: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(run / "models/model.pt", weights_only=True)
    return found


def history(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "history.csv")


def test_tutorial(folder: Path) -> None:
    answers = pd.read_csv(folder / "answers/predictions.csv")
    assert {"predicted:effusion", "prob:mass", "calibrated:mass"} <= set(answers)
    again = pd.read_csv(folder / "answers_of_the_zip/predictions.csv")
    pd.testing.assert_frame_equal(again, answers, atol=1e-5)
    assert (folder / "run/report.html").is_file() and list((folder / "answers/heat").iterdir())
    assert (folder / "page/index.html").is_file() and list((folder / "page/data/pixels/000").iterdir())


def test_network_of_ones_own(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A network of your own"])
    assert "maps.0.weight" in weights(folder / "run_tinynet")
    assert (folder / "run_tinynet/code/mynet.py").is_file() and any((folder / "answers_tinynet/heat").iterdir())


@pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed; it needs a torchvision of torch's build")
def test_network_of_timm(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A network from timm"])
    assert "stem.0.weight" in weights(folder / "run_timm") and any((folder / "answers_timm/heat").iterdir())


@pytest.fixture
def tinynet(folder: Path, prompt: Shell) -> None:
    """The files of the first section."""
    prompt.run([block for block in HOWTO["A network of your own"] if block.file])


@pytest.mark.usefixtures("tinynet")
def test_transforms_of_ones_own(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A transform of your own"])
    from radiobundle.models.trained import load_model

    image = next((folder / "radiographs/images").iterdir())
    here, plain = (load_model(folder / run).reader(image) for run in ("run_transforms", "run"))
    assert abs(float(here.mean()) - 128) < 10 and not np.array_equal(here, plain)


@pytest.mark.usefixtures("tinynet")
def test_loss_of_ones_own(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A loss of your own"])
    assert np.isfinite(history(folder / "run_loss")["val_loss"]).all()
    assert (folder / "run_loss/code/mylosses.py").is_file()


@pytest.mark.usefixtures("tinynet")
def test_metric_of_ones_own_chooses_the_epoch(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A metric of your own that chooses the epoch"])
    table = history(folder / "run_metric")
    best = table[table["kept"] == 1].iloc[-1]
    assert best["val_worst_auroc"] == table["val_worst_auroc"].max() and best["val_worst_auroc"] <= best["val_auroc"]
    last = torch.load(folder / "run_metric/models/last.pt", weights_only=True)
    assert last["best"]["epoch"] == best["epoch"]


def test_source_of_ones_own(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["A source of your own"])
    found = read_json(folder / "reports.json", fix="")
    assert found["labels"] == ["effusion", "mass"] and "mysource.py" in found["provenance"]["source_files"]
    assert -1 in {item["label"][1] for item in found["training"]}


@pytest.mark.usefixtures("tinynet")
def test_learning_rates_by_hand(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Learning rates by hand"])
    rates = history(folder / "run_milestones")["learning_rate"].to_numpy()
    np.testing.assert_allclose(rates, [1e-3, 1e-4, 1e-5, 1e-5])
    groups = torch.load(folder / "run_layerwise/models/last.pt", weights_only=True)["optimizer"]["param_groups"]
    assert [group["initial_lr"] for group in groups] == pytest.approx([1e-3, 1e-4])
    assert len(groups[0]["params"]) == 2  # weight and bias of the last layer


def test_a_sweep_over_folds(folder: Path, prompt: Shell) -> None:
    with quick_trials():
        prompt.run(TUTORIAL[SWEEP])
    results = pd.read_csv(folder / "sweep/results.csv")
    assert list(results["configuration"]) == ["bce", "focal"] and list(results["complete"]) == [3, 3]
    joined = pd.read_csv(folder / "sweep/out_of_fold/bce-seed0/predictions.csv")
    assert set(joined["fold"]) == {0, 1, 2} and len(joined) == len(pd.read_csv(folder / "labels.csv"))


def test_folds_by_hand(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Folds by hand"])
    assert sorted(pd.read_csv(folder / "folds.csv")["image"]) == sorted(pd.read_csv(folder / "labels.csv")["file"])
    assert read_json(folder / "folds/metrics.json", fix="")["splits"]["test"]["images"] == 120


def test_frozen_layers(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Frozen layers"])
    before, after = weights(folder / "run"), weights(folder / "run_frozen")
    changed = {name.partition(".")[0] for name in after if not torch.equal(after[name], before[name])}
    assert changed == {"layer4", "fc"}


@pytest.mark.usefixtures("tinynet")
def test_class_weights(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Class weights"])
    losses = [history(folder / f"run_{name}")["train_loss"].iloc[0] for name in ("weighted_bce", "my_weights")]
    assert len({*losses, history(folder / "run")["train_loss"].iloc[0]}) == 3


@pytest.mark.usefixtures("tinynet")
def test_two_views_a_study(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Two views per study"])
    means, largest = (read_json(folder / f"{name}/metrics.json", fix="") for name in ("run_studies", "studies_max"))
    images = pd.read_csv(folder / "run_studies/predictions.csv")
    tested = images[images["split"] == "test"]
    studies = tested["study_id"].nunique()
    assert studies < len(tested)
    assert [found["splits"]["test"]["images"] for found in (means, largest)] == [studies, studies]


def test_continuing_on_new_data(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Continuing on new data"])
    old, new = (read_json(folder / name, fix="") for name in ("list.json", "grown.json"))
    patients = {split: {item["patient_id"] for item in new[split]} for split in ("training", "test")}
    assert not patients["training"] & patients["test"]
    kept = {item["image"] for item in old["test"] if int(item["patient_id"]) % 2 == 0}
    assert kept == {item["image"] for item in new["test"]}
    assert "fc.weight" in weights(folder / "run_grown")


@pytest.mark.usefixtures("tinynet")
def test_requeued_training_goes_on(folder: Path, prompt: Shell) -> None:
    *files, command = HOWTO["A training on Slurm that survives requeueing"]
    prompt.run(files)
    script = folder / "train.slurm"
    whole = script.read_text()
    script.write_text(whole.replace("--max_epochs 3", "--max_epochs 1"))  # a first start that came so far
    prompt.run([command])
    script.write_text(whole)
    for _ in range(2):  # requeued, and once more when all is done
        prompt.run([command])
        assert history(folder / "run_slurm")["epoch"].tolist() == [1, 2, 3]
    assert not list((folder / "run_slurm").glob("previous-*"))


def test_features(folder: Path, prompt: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    prompt.run(HOWTO["Features of an image"])
    features = np.load(folder / "features.npy")
    assert features.shape == (2, 512) and "512 features" in capsys.readouterr().out
    assert not np.allclose(*features)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


@pytest.mark.skipif(shutil.which("storescp") is None, reason="needs DCMTK's storescp, storescu and echoscu")
def test_answers_reach_an_archive(folder: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    from image_files import STUDY, make_dicom

    (folder / "incoming").mkdir(exist_ok=True)
    (folder / "archive").mkdir(exist_ok=True)
    make_dicom(folder / "incoming/1.dcm", **STUDY)
    port = free_port()
    archive = subprocess.Popen(["storescp", "+xa", "-od", "archive", str(port)], cwd=folder)
    try:
        time.sleep(0.5)
        (block,) = HOWTO["Sending results to a PACS"]
        with shell(folder, figures=True) as prompt:  # what is sent is a figure
            prompt.script(block.text.replace("11112", str(port)))
    finally:
        archive.terminate()
        archive.wait()
    received = [pydicom.dcmread(path) for path in (folder / "archive").iterdir()]
    assert sorted(one.Modality for one in received) == ["OT", "SR"]
    assert {one.StudyInstanceUID for one in received} == {STUDY["StudyInstanceUID"]}


def test_looking_at_mistakes(folder: Path, prompt: Shell) -> None:
    prompt.run(HOWTO["Looking at mistakes"])
    assert (folder / "judged/mistakes.csv").is_file()
    errors = pd.read_csv(folder / "errors_mass.csv")["error"]
    assert len(errors) == len(pd.read_csv(folder / "run/predictions.csv")) and errors.is_monotonic_decreasing


def test_every_section_is_run() -> None:
    """A section without a test of its own would be a promise that nobody keeps."""
    tested = {title for title in HOWTO if f'HOWTO["{title}"]' in Path(__file__).read_text("utf-8")}
    assert set(HOWTO) - tested == {""}


def test_api_page(folder: Path, prompt: Shell) -> None:
    for blocks in sections_of("api.md").values():
        prompt.run(blocks)
