"""One whole, small file of every kind that a command reads, and how it is read; for `fuzz.py`."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from radiobundle.authoring.lint.command import lint_bundle
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.fitting.calibration import read_calibration
from radiobundle.evaluation.fitting.out_of_distribution import read_out_of_distribution
from radiobundle.evaluation.fitting.thresholds import read_thresholds
from radiobundle.evaluation.predictions.csv import read_predictions
from radiobundle.images.reader import RadiographReader
from radiobundle.images.statistics import read_pixel_statistics
from radiobundle.models.exported import load_exported
from radiobundle.models.load import open_model
from radiobundle.models.trained import load_model
from radiobundle.networks.content_hash import content_sha256
from radiobundle.networks.weights import read_weights
from radiobundle.packaging.package import package_command
from radiobundle.result_set import check_results
from radiobundle.sources.csv_table import read_csv_table

_SIZE = 24
_READER = RadiographReader([_SIZE, _SIZE])
BUNDLE = Path(__file__).parents[1] / "bundles" / "pneumonia"


def make_kinds(folder: Path, kind: Callable[..., Any]) -> list[Any]:
    """Return one `Kind` for each kind of file."""
    run = _train(folder)
    return [*_images(folder, kind), *_tables(folder, run, kind), *_companions(run, kind), *_models(folder, run, kind)]


def _train(folder: Path) -> Path:
    """Train and evaluate a tiny network on noise; return the run's folder."""
    from monai.bundle import ConfigWorkflow  # noqa: PLC0415

    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    rows = []
    for number in range(60):
        Image.fromarray(rng.integers(0, 255, (_SIZE, _SIZE), np.uint8)).save(folder / "images" / f"{number}.png")
        rows.append({"image": f"{number}.png", "label": [int(number % 3 == place) for place in range(3)]})
    content = {"labels": ["normal", "covid", "non-covid"], "task": "multiclass", "training": rows[40:],
               "validation": rows[:25], "test": rows[25:40], "provenance": {}}  # fmt: skip
    (folder / "datalist.json").write_text(json.dumps(content))
    overrides: dict[str, Any] = {
        "network_def": {"_target_": "radiobundle.networks.SimpleCNN", "num_classes": 3},
        "image_size_px": [_SIZE, _SIZE], "batch_size": 8, "max_epochs": 1, "bootstrap": 10, "warmup_epochs": 0,
        "dataset_dir": str(folder / "images"), "datalist": str(folder / "datalist.json"),
        "output_dir": str(folder / "run"), "store_dir": str(folder / "store"), "bundle_root": str(BUNDLE),
    }  # fmt: skip
    for names in (["train"], ["train", "evaluate"]):
        known = {key: value for key, value in overrides.items() if key != "bootstrap" or "evaluate" in names}
        workflow = ConfigWorkflow(
            config_file=[str(BUNDLE / "configs" / f"{name}.json") for name in names],
            meta_file=str(BUNDLE / "configs" / "metadata.json"), logging_file=False, **known,
        )  # fmt: skip
        workflow.initialize()
        workflow.run()
        workflow.finalize()
    return folder / "run"


def _images(folder: Path, kind: Callable[..., Any]) -> list[Any]:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (40, 50), np.uint8)
    found = []
    for name, suffix, image in (
        ("PNG", ".png", Image.fromarray(pixels)),
        ("PNG, 16 bit", ".png", Image.fromarray(pixels.astype(np.uint16) * 250)),
        ("JPEG", ".jpg", Image.fromarray(pixels)),
        ("TIFF", ".tif", Image.fromarray(pixels)),
        ("BMP", ".bmp", Image.fromarray(pixels)),
    ):
        stream = io.BytesIO()
        image.save(stream, {".jpg": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper()))
        found.append(kind(name, suffix, stream.getvalue(), _read_image, sealed=suffix == ".png"))
    return [*found, *_extra_images(folder, pixels, kind)]


def _extra_images(folder: Path, pixels: np.ndarray, kind: Callable[..., Any]) -> list[Any]:
    import nibabel  # noqa: PLC0415
    from pydicom.dataset import FileDataset, FileMetaDataset  # noqa: PLC0415
    from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian  # noqa: PLC0415

    nibabel.Nifti1Image(pixels.T.astype(np.int16), np.eye(4)).to_filename(folder / "a.nii")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ComputedRadiographyImageStorage, UID("1.2.3")
    image = FileDataset("a", {}, file_meta=meta, preamble=b"\0" * 128)
    values: dict[str, Any] = {
        "SOPClassUID": ComputedRadiographyImageStorage, "SOPInstanceUID": "1.2.3", "Modality": "CR", "Rows": 40,
        "Columns": 50, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16,
        "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0, "WindowCenter": "500", "WindowWidth": "800",
        "RescaleSlope": "1", "RescaleIntercept": "0", "PixelData": pixels.astype(np.uint16).tobytes(),
    }  # fmt: skip
    for keyword, value in values.items():
        setattr(image, keyword, value)
    image.save_as(folder / "a.dcm")
    return [
        kind("NIfTI", ".nii", (folder / "a.nii").read_bytes(), _read_image),
        kind("DICOM", ".dcm", (folder / "a.dcm").read_bytes(), _read_image),
    ]


def _read_image(path: Path) -> bytes:
    found = _READER(path)
    assert found.shape == (1, _SIZE, _SIZE) and found.dtype == np.uint8
    return found.tobytes()


def _tables(folder: Path, run: Path, kind: Callable[..., Any]) -> list[Any]:
    rows = "\n".join(f"a{number}.png,p{number},{number % 2},{(number + 1) % 2},{30 + number}" for number in range(20))
    options: dict[str, Any] = {"labels": ["Edema", "Mass"], "patient_column": "patient", "age_column": "age"}

    def label_table(path: Path) -> int:
        return len(read_csv_table(path.parent, csv=path, **options).table)

    datalist, predictions = (folder / "datalist.json").read_bytes(), (run / "predictions.csv").read_bytes()
    return [
        kind("datalist", ".json", datalist, lambda path: len(read_datalist(path).splits)),
        kind("predictions.csv", ".csv", predictions, lambda path: len(read_predictions(path))),
        kind("label table", ".csv", f"image,patient,Edema,Mass,age\n{rows}\n".encode(), label_table),
    ]


def _companions(run: Path, kind: Callable[..., Any]) -> list[Any]:
    def calibrate(path: Path) -> bool:
        found = read_calibration(path)
        grid = np.linspace(0, 1, 11)[:, None].repeat(len(found.labels), 1)
        for method in ("temperature", "platt", "isotonic"):
            calibrated = found.apply(grid, method=method)
            assert ((calibrated >= 0) & (calibrated <= 1)).all(), "calibrated probabilities outside [0, 1]"
        return True

    def measure(path: Path) -> bytes:
        found = read_out_of_distribution(path)
        features = np.ones((2, len(found.gaussian.mean)), np.float32)
        return bytes(np.asarray(found.gaussian.distance(features)).tobytes() + found.reference.tobytes())

    read: dict[str, tuple[Callable[[Path], Any], bool]] = {
        "thresholds.json": (lambda path: sorted(read_thresholds(path).values), False),
        "calibration.json": (calibrate, False),
        "out_of_distribution.npz": (measure, True),
        "model.pt": (lambda path: content_sha256(read_weights(path)), True),
    }
    found = [
        kind(name, Path(name).suffix, (run / "models" / name).read_bytes(), reader, sealed=sealed)
        for name, (reader, sealed) in read.items()
    ]
    stream = io.BytesIO()
    np.savez(stream, average=np.zeros((1, 4, 4), np.float32), mean=np.zeros(1, "f4"), std=np.ones(1, "f4"))
    found.append(kind("pixels.npz", ".npz", stream.getvalue(),
                      lambda path: read_pixel_statistics(path).std.tolist(), sealed=True))  # fmt: skip
    return found


def _models(folder: Path, run: Path, kind: Callable[..., Any]) -> list[Any]:
    package_command(str(BUNDLE), run=str(run), output=str(folder / "tiny.zip"))
    with zipfile.ZipFile(folder / "tiny.zip") as archive:
        archive.extractall(folder / "package")
    bundle = folder / "package" / "tiny"

    def say(model: Any) -> list[Any]:
        answer = model.answer(np.zeros((1, 1, _SIZE, _SIZE), np.uint8))
        return [model.labels, answer.probabilities.tolist()]

    def open_zip(path: Path) -> list[Any]:
        with open_model(path, device="cpu", precision="fp32") as model:
            return say(model)

    def lint(path: Path) -> str:
        target = bundle / "configs" / "metadata.json"
        whole = target.read_bytes()
        shutil.copyfile(path, target)
        try:
            return f"{len(lint_bundle(bundle)) >= 0}"
        finally:
            target.write_bytes(whole)

    def manifest(path: Path) -> list[str]:
        other = folder / "other"
        shutil.copytree(run, other, dirs_exist_ok=True)
        shutil.copyfile(path, other / "run.json")
        return list(load_model(other, precision="fp32").labels)

    def results(path: Path) -> bool:
        other = folder / "results"
        shutil.copytree(run, other, dirs_exist_ok=True)
        shutil.copyfile(path, other / "results.json")
        check_results(other)
        return True

    def exported(path: Path) -> list[Any]:
        return say(load_exported(path))

    torch.set_num_threads(1)
    return [
        kind("TorchScript", ".ts", (bundle / "models/model.ts").read_bytes(), exported, True),
        kind("ONNX", ".onnx", (bundle / "models/model.onnx").read_bytes(), exported, True),
        kind("package", ".zip", (folder / "tiny.zip").read_bytes(), open_zip, True),
        kind("metadata.json", ".json", (bundle / "configs/metadata.json").read_bytes(), lint),
        kind("run.json", ".json", (run / "run.json").read_bytes(), manifest),
        kind("results.json", ".json", (run / "results.json").read_bytes(), results),
    ]  # fmt: skip
