"""The `radiobundle package` command: a trained run as one self-contained bundle that another site can run.

The zip holds the bundle with the run's recipes frozen into its configurations, weights, thresholds, calibration and
pixel statistics, TorchScript and ONNX, the run's report, and the source of radiobundle itself, so that it needs only
MONAI and the public packages named in the metadata.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from radiobundle.authoring.init import placeholders
from radiobundle.authoring.lint.files import LARGE_BYTES, LARGE_FILES
from radiobundle.authoring.lint.finding import Finding
from radiobundle.bundles import config_ids as ids
from radiobundle.bundles.own_code import CODE, OURS, keep_modules, required_versions, used_modules
from radiobundle.bundles.unpack import scratch_folder
from radiobundle.datalists.datalist_file import read_datalist
from radiobundle.evaluation.fitting.out_of_distribution import FILE as OUT_OF_DISTRIBUTION
from radiobundle.extras import packages_of, versions_of
from radiobundle.files import file_sha256, read_json, replacing, require_writable_folder, write_json, write_text
from radiobundle.models.evaluated import WEIGHTS, read_evaluation
from radiobundle.models.exported import SUFFIXES
from radiobundle.packaging.card import BUNDLE_CARD, stage_sums, write_card
from radiobundle.packaging.export import COMPARED_IMAGES, export_command
from radiobundle.packaging.freeze import freeze_metadata, freeze_network, freeze_train, state_sizes
from radiobundle.pretrained.passport import PASSPORT, forbids_commercial_use
from radiobundle.reporting.headline import shipped_decision
from radiobundle.spread import evenly_spread

BUNDLE_FILES = ("LICENSE", "docs/README.md", "docs/data_license.txt", "docs/options.md", "configs/logging.conf")
MODEL_FILES = (
    "model.pt", "thresholds.json", "calibration.json", OUT_OF_DISTRIBUTION, "pixels.npz", "average.png", PASSPORT,
)  # fmt: skip
REPORT_FILES = ("metrics.json", "report.md", "report.html", "history.csv", "curves.png")
EXTRAS = ("dicom", "formats", "export")  # that the recipient of a package may want
ISOLATED = ("-E", "-P")  # of Python: no PYTHON... variables, no working folder on the path
_SOURCE = Path(__file__).parents[1]
_WEIGHTS = {Path(WEIGHTS).suffix, *SUFFIXES}
_MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file in the zip, so that the same inputs give the same bytes


def package_command(
    bundle: str, *, run: str, output: str, images: Sequence[str] = (), export: bool = True, draft: bool = False
) -> int:
    """Write the zip; return 1 when the package does not pass its lint, else 0.

    Args:
        bundle: folder of the bundle that was trained.
        run: output folder of the training, already evaluated.
        output: the zip.
        images: images on which TorchScript and ONNX must agree with PyTorch; empty: those the run was evaluated on.
        export: add TorchScript and ONNX.
        draft: package a bundle whose card or licence still has gaps that `radiobundle init` left to its author.

    Raises:
        ValueError: the output is not a zip, the run is incomplete or belongs to another bundle, there are no images,
            or the bundle's card or licence still has gaps.
    """
    if Path(output).suffix.lower() != ".zip":
        raise ValueError(f"`output` {output}: a package is a zip, name it {output}.zip")
    if not draft and (left := placeholders(Path(bundle))):
        shown = "".join(f"\n  {line}" for line in left)
        raise ValueError(f"{bundle}: the author has not yet filled these in; fill them in, or give `draft`{shown}")
    manifest = read_json(Path(run) / "run.json", fix="give the output folder of a training")
    require_writable_folder(Path(output).parent, needed_bytes=_size_of(Path(run) / "models"))
    metrics = read_evaluation(run)
    if changes := metrics.get("input_changes"):
        raise ValueError(
            f"{run}: was evaluated on images that were not prepared as in training ({'; '.join(changes)}); evaluate it "
            "again with the options and recipes of its training"
        )
    if forbids_commercial_use(manifest.get("pretrained")):
        print(f"{run}: warning: the licence of its pretrained weights forbids commercial use; the card says so")
    chosen = (images or _judged_images(manifest["config"], Path(bundle))) if export else []
    with scratch_folder() as temporary:
        folder = temporary / Path(output).stem
        build_package(Path(bundle), Path(run), folder, manifest=manifest, metrics=metrics)
        if export:
            export_command(str(folder), chosen, output=str(folder / "models"))
        metadata = _write_checksums(folder)
        write_text(folder / "docs/README.md", write_card(folder, metadata=metadata, manifest=manifest, metrics=metrics))
        if problems := _problems(folder):
            for problem in problems:
                print(f"{output}: {problem}")
            return 1
        write_zip(folder, Path(output))
        print(f"{output}: {Path(output).stat().st_size / 1024**2:.1f} MB")
    return 0


def build_package(bundle: Path, run: Path, folder: Path, *, manifest: dict[str, Any], metrics: dict[str, Any]) -> None:
    """Fill a new folder with everything except exports, checksums and the card."""
    _check_fits(bundle, manifest["config"])
    copied = {
        **{bundle / name: folder / name.replace("README.md", BUNDLE_CARD) for name in BUNDLE_FILES},
        **{run / "models" / name: folder / "models" / name for name in MODEL_FILES},
        **{run / name: folder / "docs" / "report" / name for name in REPORT_FILES},
    }
    for source, target in copied.items():
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    shutil.copytree(_SOURCE, folder / OURS, ignore=shutil.ignore_patterns("__pycache__"))
    kept = run / CODE if (run / CODE).is_dir() else bundle
    keep_modules(used_modules(manifest["config"], kept), folder, root=kept)
    _write_configs(bundle, folder, manifest, metrics)


def _problems(folder: Path) -> list[str]:
    """Return the errors that `lint --run` finds in a separate process that has only radiobundle on its path.

    As at another site, neither PYTHONPATH nor the trained bundle is on its path; packages that the user installed for
    themselves (`pip install --user`) are.
    """
    start = (
        f"import sys; sys.path.insert(0, {str(_SOURCE.parent)!r}); from radiobundle.cli import main; "
        f"sys.exit(main(['lint', '--run', '--json', {str(folder)!r}]))"
    )
    command = [sys.executable, *ISOLATED, "-c", start]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent, check=False)
    try:
        (found,) = json.loads(done.stdout).values()
    except ValueError:
        return [f"could not be linted by another process: {done.stderr.strip().splitlines()[-1:]}"]
    return [str(Finding(**finding)) for finding in found["findings"] if finding["level"] == "error"]


def write_zip(folder: Path, output: Path) -> None:
    """Zip a folder under its own name, byte for byte reproducibly and without Python's compiled files.

    Weights are stored as they are: to deflate them takes ten times as long and saves 8 %.
    """
    with replacing(output) as temporary, zipfile.ZipFile(temporary, "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", _MOMENT)
                entry.external_attr = 0o644 << 16
                weights = path.suffix in _WEIGHTS
                file.writestr(entry, path.read_bytes(), zipfile.ZIP_STORED if weights else zipfile.ZIP_DEFLATED)


def _write_configs(bundle: Path, folder: Path, manifest: dict[str, Any], metrics: dict[str, Any]) -> None:
    config = manifest["config"]
    ours = {path.stem: json.loads(path.read_text("utf-8")) for path in (bundle / "configs").glob("*.json")}
    parts = stage_sums(manifest)
    ours["train"] = (freeze_network if parts else freeze_train)(config, ours["train"])
    ours["inference"] = freeze_network(config, ours["inference"])
    found = {
        "eval_metrics": _summarise(metrics),
        "provenance": {
            "datalist_sha256": (manifest["datalist"] or {}).get("sha256"),
            "seed": manifest["seed"],
            "device": manifest["device"],
            "versions": manifest["versions"],
            **({"stages_sha256": parts} if parts else {}),
            **({"pretrained": manifest["pretrained"]} if "pretrained" in manifest else {}),
        },
    }
    for name in ("evaluate", "inference"):
        ours[name][ids.CHECKPOINT] = "$@bundle_root + '/models/model.pt'"
    ours["metadata"] = freeze_metadata(ours["metadata"], config, found)
    ours["inference"] = state_sizes(ours["inference"], ours["metadata"])
    named = {name: ours[name] for name in ("train", "inference")}
    foreign = required_versions(named, folder, known=packages_of())
    ours["metadata"]["required_packages_version"] = {**_versions(""), **foreign}
    ours["metadata"]["extra_packages_version"] = {extra: _versions(extra) for extra in EXTRAS}
    for name, content in ours.items():
        write_json(folder / "configs" / f"{name}.json", content)


def _versions(extra: str) -> dict[str, str]:
    """Return the installed versions of what radiobundle or an extra needs; MONAI, torch and NumPy have own fields."""
    return versions_of(name for name in packages_of(extra) if name not in ("monai", "torch", "numpy"))


def _summarise(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the headline numbers with their intervals."""
    split = metrics["headline_split"]
    found = metrics["splits"][split]
    decided = found["overall"][shipped_decision(metrics)]
    chosen = {"auroc": found["overall"]["probability"]["auroc"]}
    chosen |= {name: decided[name] for name in ("accuracy", "balanced_accuracy")}
    numbers = {name: {key: value.get(key) for key in ("value", "low", "high")} for name, value in chosen.items()}
    return {"data": f"{split}, {found['images']} images", "level": 0.95, **numbers}


def _check_fits(bundle: Path, config: dict[str, Any]) -> None:
    if not (bundle / "configs" / "inference.json").is_file():
        raise ValueError(f"{bundle}: not a bundle; it has no configs/inference.json")
    name = json.loads((bundle / "configs" / "metadata.json").read_text("utf-8")).get("name")
    if config["_meta_"].get("name") != name:
        raise ValueError(f"the run was trained with the bundle '{config['_meta_'].get('name')}', not with '{name}'")


def _judged_images(config: dict[str, Any], bundle: Path) -> list[str]:
    """Return images the run was evaluated on, test or else validation; relative paths start from the bundle."""
    folder, datalist = bundle / str(config[ids.DATASET_DIR]), bundle / str(config[ids.DATALIST])
    if not folder.is_dir() or not datalist.is_file():
        raise ValueError(
            f"the images of the run ({folder}, {datalist}) are not available here: give `images` on which TorchScript "
            "and ONNX must agree with PyTorch, or leave both out with `no_export`"
        )
    splits = read_datalist(datalist).splits
    items = splits["test"] or splits["validation"]
    return [str(folder / items[index]["image"]) for index in evenly_spread(len(items), COMPARED_IMAGES)]


def _write_checksums(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in (folder / "models").iterdir() if path.is_file())
    metadata: dict[str, Any] = json.loads((folder / "configs" / "metadata.json").read_text("utf-8"))
    sums = {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}
    metadata["checksums_sha256"] = sums
    write_json(folder / "configs" / "metadata.json", metadata)
    large = [name for name in sums if (folder / name).stat().st_size > LARGE_BYTES]
    if large:
        rows = [f'- path: "{name}"\n  url: ""\n  hash_val: "{sums[name]}"\n  hash_type: "sha256"\n' for name in large]
        write_text(folder / LARGE_FILES, "large_files:\n" + "".join(rows))
    return metadata


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
