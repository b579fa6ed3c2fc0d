"""The model card of a package: what this run is, its results, and how to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from radiobundle.bundles import config_ids as ids
from radiobundle.labels import channel_names
from radiobundle.pretrained.passport import PASSPORT, forbids_commercial_use, in_one_line
from radiobundle.reporting.document import Block, Document, Heading, Table, Text, number
from radiobundle.reporting.headline import shipped_decision
from radiobundle.reporting.run_folder import recipes_of

BUNDLE_CARD = "bundle.md"
_METRICS = ("accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1")
_USE = """From this folder, with MONAI and the packages that `configs/metadata.json` names (radiobundle is included):

    python -m monai.bundle run inference --config_file configs/inference.json --dataset_dir IMAGES --output_dir OUT
    python -m monai.bundle run evaluating --config_file "['configs/train.json','configs/evaluate.json']" \\
        --dataset_dir IMAGES --datalist LIST.json --output_dir OUT

An evaluation of images without a validation split uses the thresholds of this package.

With radiobundle installed, the zip can be used directly: `radiobundle predict THIS.zip IMAGES... --output DIR` writes
predicted classes, probabilities, how unusual each image is and, on request, heat maps and DICOM reports.
Configurations run code: use only those from people you trust."""


def write_card(
    folder: Path, *, metadata: Mapping[str, Any], manifest: Mapping[str, Any], metrics: Mapping[str, Any]
) -> str:
    """Return the card in Markdown.

    Args:
        folder: folder of the package; the files in `models` are listed.
        metadata: metadata of the package.
        manifest: `run.json`.
        metrics: `metrics.json`.
    """
    split = metrics["headline_split"]
    blocks: list[Block] = [
        Text(str(metadata["description"])),
        Text(f"{metadata.get('intended_use', 'Research and teaching. Not for diagnosis.')} "
             f"The bundle, its data and its limits: [{BUNDLE_CARD}]({BUNDLE_CARD}); "
             "licence of the data: [data_license.txt](data_license.txt)."),
        Heading("Results"),
        Text(f"{metrics['splits'][split]['images']} images ({split}), {_unit(metrics['splits'][split])}. All numbers: "
             "[report/report.md](report/report.md)."),
        _overall(metrics["splits"][split], shipped_decision(metrics)),
        _per_class(metrics["splits"][split], metrics["labels"]),
        *(Text(note, warning=True) for note in metrics.get("notes", ())),
        Heading("Training"),
        _training(manifest, metadata),
        Heading("Input and output"),
        *_format(metadata),
        Heading("Use"),
        Text(_USE),
        Heading("Files"),
        Table(("file", "what"), [(f"models/{name}", what) for name, what in _files(folder / "models")]),
    ]  # fmt: skip
    return Document(str(metadata["name"]), blocks).to_markdown()


def _unit(found: Mapping[str, Any]) -> str:
    resampling = found["resampling"]
    return f"{resampling['level']:.0%} intervals by {resampling['method']} over {resampling['unit']}s"


def stage_sums(manifest: Mapping[str, Any]) -> list[str]:
    """Return the SHA-256 of the stages of a cascade, in order; nothing for any other run."""
    stages = manifest.get("stages", [])
    if isinstance(stages, Mapping):  # as earlier versions wrote it
        return [str(sha) for sha in stages.values()]
    return [str(stage["sha256"]) for stage in stages]


def _overall(found: Mapping[str, Any], shipped: str) -> Table:
    overall = found["overall"]
    decision = overall[shipped]
    idle = found.get("no_skill", {}).get("default", {})
    rows = [("AUROC", number(overall["probability"]["auroc"]), "0.500")]
    rows += [
        (name.replace("_", " "), number(decision[name]), f"{idle[name]:.3f}" if name in idle else "–")
        for name in _METRICS
        if name in decision
    ]
    how = "at the shipped thresholds" if shipped == "fitted" else "most probable class"
    return Table((f"metric ({how})", "value", "no skill (always the most frequent answer)"), rows)


def _per_class(found: Mapping[str, Any], labels: Sequence[str]) -> Table:
    rows = [
        (label, row["positives"], row["negatives"], number(row["probability"]["auroc"]))
        for label in labels
        for row in [found["per_class"][label]]
    ]
    return Table(("label", "with the label", "without", "AUROC"), rows)


def _training(manifest: Mapping[str, Any], metadata: Mapping[str, Any]) -> Table:
    rows = [
        ("bundle", f"{metadata['name']} {metadata['version']}"),
        ("recipes", ", ".join(recipes_of(manifest)) or "none"),
        ("network", _network(manifest["config"])),
        *_pretrained(manifest.get("pretrained")),
        ("seed", manifest["seed"]),
        ("device", manifest["device"]),
        ("SHA-256 of the datalist", (manifest["datalist"] or {}).get("sha256", "none")),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())),
        *((f"SHA-256 of stage {index}", sha) for index, sha in enumerate(stage_sums(manifest), start=1)),
    ]
    return Table(("", ""), rows)


def _pretrained(passport: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return what is known of the weights that the run started from, and of those that these came from."""
    if not passport:
        return []
    if "parts" in passport:
        return [row for part in passport["parts"] for row in _pretrained(part)]
    seen = ", ".join(f"{each['data_set']} ({', '.join(each['splits'])})" for each in passport.get("trained_on", []))
    rows = [("pretrained weights", in_one_line(passport))]
    rows += [("they were trained on", seen)] if seen else []
    rows += [("to be cited", passport["citation"])] if passport.get("citation") else []
    rows += [("licence of the pretrained weights", "forbids commercial use")] * forbids_commercial_use(passport)
    rows += [("accepted by the author", "; ".join(passport["leak_accepted"]))] if "leak_accepted" in passport else []
    return [*rows, *_pretrained(passport.get("earlier"))]


def _network(config: Mapping[str, Any]) -> str:
    """Return the network's class or function with its literal arguments, without references."""
    stated = config[ids.NETWORK]
    if isinstance(stated, str):  # a named one: "@networks#densenet121"
        stated = ConfigParser(dict(config)).get(stated.lstrip("@%"))
    if not isinstance(stated, Mapping):
        return str(stated)
    options = {key: value for key, value in stated.items() if key[0] != "_" and isinstance(value, (int, float, str))}
    shown = [f"{key}={value}" for key, value in options.items() if not str(value).startswith(("@", "$"))]
    return f"`{stated['_target_']}`" + (f" ({', '.join(shown)})" if shown else "")


def _format(metadata: Mapping[str, Any]) -> list[Block]:
    image = metadata["network_data_format"]["inputs"]["image"]
    labels = channel_names(metadata["network_data_format"]["outputs"]["pred"]["channel_def"])
    size = " x ".join(map(str, image["spatial_shape"]))
    return [
        Text(f"Input: one radiograph, {image['num_channels']} channel(s), resized to {size} pixels, bones bright; read "
             "from PNG, JPEG, TIFF, DICOM and more."),
        Text(f"Output: {metadata.get('pred_classes', 'probabilities')}, in this order: {', '.join(labels)}."),
    ]  # fmt: skip


def _files(folder: Path) -> list[tuple[str, str]]:
    known = {
        "model.pt": "weights (state dict)",
        "model.ts": "TorchScript: images in 0..1 to probabilities (and distances); contains its description",
        "model.onnx": "ONNX, with the same inputs and outputs",
        "export.json": "that description, and how closely both agree with PyTorch",
        "thresholds.json": "fitted on validation",
        "calibration.json": "fitted on validation",
        "out_of_distribution.npz": "what the validation images' features look like",
        "pixels.npz": "statistics of the training images",
        "average.png": "average of the training images",
        PASSPORT: "passport of the pretrained weights that training started from",
    }
    return [(name, what) for name, what in known.items() if (folder / name).is_file()]
