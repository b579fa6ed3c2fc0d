"""Run a bundle of this project in this process, as `python -m monai.bundle run` would from its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure, FigureBase
from monai.bundle import ConfigWorkflow
from monai.bundle.config_item import ComponentLocator
from PIL import Image

from processes import START_METHOD
from radiobundle.cli import main
from radiobundle.sources.chexpert_labels import LABELS as CHEXPERT_LABELS

BUNDLES = sorted(path.parents[1] for path in (Path(__file__).parents[1] / "bundles").glob("*/authored/config.json"))
PNEUMONIA = next(bundle for bundle in BUNDLES if bundle.name == "pneumonia")
CHESTXRAY14 = next(bundle for bundle in BUNDLES if bundle.name == "chestxray14")
CHEXPERT = next(bundle for bundle in BUNDLES if bundle.name == "chexpert")
MURA = next(bundle for bundle in BUNDLES if bundle.name == "mura")
FRACATLAS = next(bundle for bundle in BUNDLES if bundle.name == "fracatlas")
TINY = {
    "network_def": {
        "_target_": "radiobundle.networks.ThreeBlockCNN",
        "num_classes": "@num_classes",
        "image_size_px": "@image_size_px",
        "conv_channels": [4, 4],
        "fc_nodes": [8, 8],
    },
    "image_size_px": [24, 24],
    "batch_size": 8,
}


def narrow_resnet(*widths: int) -> dict[str, Any]:
    """The layers of ResNet18, but one block a stage and as wide as given."""
    return {
        "_target_": "monai.networks.nets.ResNet",
        "block": "basic",
        "layers": [1, 1, 1, 1],
        "block_inplanes": list(widths),
        "spatial_dims": 2,
        "n_input_channels": "@input_channels",
        "num_classes": "@num_classes",
        "conv1_t_stride": 2,
        "bias_downsample": False,
    }


FEWER_AND_CHEAPER_STEPS: dict[str, Any] = {  # every option that makes steps fewer or cheaper
    "network_def": narrow_resnet(8, 8, 8, 8),
    "image_size_px": [48, 48],
    "image_scales": [[0, 0.5], [0.5, 1]],
    "augmentation_ramp": 0.8,
    "ema_decay": 0.9,
    "batch_norm_momentum": 0.3,
    "batch_norm_images": 10,
    "label_smoothing": 0.1,
    "skip_easy": 0.5,
    "lr_scheduler": "@lr_schedulers#one_cycle",
}

_look_through = ComponentLocator._find_classes_or_functions


@cache
def _found_in(modules: tuple[str, ...]) -> dict[str, list[Any]]:
    return _look_through(ComponentLocator(), modules)


# MONAI looks through all its modules anew for each configuration.
ComponentLocator._find_classes_or_functions = lambda _, modules: _found_in(tuple(modules))  # type: ignore[method-assign]


def config_files(*names: str, bundle: Path = PNEUMONIA) -> list[str]:
    return [name if name.endswith(".json") else str(bundle / "configs" / f"{name}.json") for name in names]


@contextmanager
def chdir(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class _Unseen:
    """Stands for the axes of a figure and for whatever is plotted on them."""

    def __getattr__(self, name: str) -> _Unseen:
        if name.startswith("__"):  # which NumPy and copying ask for
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> _Unseen:
        return self

    def __getitem__(self, key: Any) -> _Unseen:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def get_legend_handles_labels(self) -> tuple[list[Any], list[str]]:
        return [], []


def _unseen_subplots(figure: FigureBase, rows: int = 1, columns: int = 1, *, squeeze: bool = True, **_: Any) -> Any:
    axes = np.empty((rows, columns), object)
    axes.fill(_Unseen())
    return axes.squeeze()[()] if squeeze else axes


@contextmanager
def blank_figures(*, but: str | None = None) -> Iterator[None]:
    """Leave figures blank, since to plot and draw them takes longer than all the rest of a small run.

    If `but` is given, everything is plotted, and files whose name holds it ("" is in every name) are drawn too.
    """
    savefig = Figure.savefig

    def save(figure: Figure, path: Path, **options: Any) -> None:
        if but is None or but not in path.name:
            Image.new("L", (1, 1)).save(path)
        else:
            savefig(figure, path, **options)

    unseen: dict[str, Any] = {"subplots": _unseen_subplots} | dict.fromkeys(
        ("add_subplot", "legend", "colorbar"), _Unseen()
    )
    with patch.object(Figure, "savefig", save), patch.multiple(FigureBase, **unseen) if but is None else nullcontext():
        yield


def run_bundle(*names: str, bundle: Path = PNEUMONIA, figures: str | None = None, **overrides: Any) -> ConfigWorkflow:
    """Run a bundle; its figures are blank except `figures`, see `blank_figures`."""
    kind = "infer" if "inference" in names else "train"
    with chdir(bundle), blank_figures(but=figures):
        workflow = ConfigWorkflow(
            config_file=config_files(*names, bundle=bundle),
            meta_file=str(bundle / "configs" / "metadata.json"),
            logging_file=False,
            workflow_type=kind,
            **overrides,
        )
        workflow.initialize()
        workflow.run()
        workflow.finalize()
    return workflow


def run_in_two_processes(function: Callable[..., None], *arguments: Any) -> None:
    """Run `function(rank, *arguments)` twice at once."""
    torch.multiprocessing.start_processes(function, args=arguments, nprocs=2, start_method=START_METHOD)


def history(paths: dict[str, str]) -> pd.DataFrame:
    """Return the history.csv of a run without its times."""
    return pd.read_csv(Path(paths["output_dir"]) / "history.csv").drop(columns="seconds")


def weights(paths: dict[str, str], name: str = "model.pt") -> Any:
    """Return a checkpoint of a run."""
    return torch.load(Path(paths["output_dir"]) / "models" / name, weights_only=True)


def make_blob_list(
    folder: Path,
    *,
    count: int = 30,
    shuffle_labels: bool = False,
    size_px: int = 32,
    labels: Sequence[str] = ("normal", "covid", "non-covid"),
) -> dict[str, str]:
    """Classes of noise images that differ in where a bright blob lies; returns the overrides that name them.

    One label is that of a yes or no.
    """
    kinds = max(len(labels), 2)
    rng = np.random.default_rng(0)
    rows = []
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for index in range(count):
        kind = index % kinds
        pixels = rng.normal(100, 25, (size_px, size_px))
        if kind:
            start = 4 if kind == 1 else size_px // 2
            pixels[8 if kind < 3 else 2 : 24 if kind < 3 else 8, start : start + 12] += 60
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{index}.png")
        label = int(rng.integers(kinds)) if shuffle_labels else kind
        values = [int(label == at) for at in range(kinds)]
        rows.append({"image": f"{index}.png", "label": values if len(labels) > 1 else values[1:]})
    third = count // 5
    content = {
        "labels": list(labels),
        "task": "multiclass" if len(labels) > 1 else "multilabel",
        "training": rows[2 * third :],
        "validation": rows[:third],
        "test": rows[third : 2 * third],
        "provenance": {},
    }
    (folder / "datalist.json").write_text(json.dumps(content))
    return {
        "dataset_dir": str(folder / "images"),
        "datalist": str(folder / "datalist.json"),
        "output_dir": str(folder / "output"),
        "store_dir": str(folder / "store"),
    }


def make_chestxray14_list(folder: Path) -> dict[str, str]:
    """A phantom in the NIH's layout and its datalist; returns the overrides that name them."""
    main(["phantom", "chestxray14", str(folder / "nih"), "--images", "90", "--size", "64"])
    datalist = folder / "datalist.json"
    main(["datalist", "chestxray14", str(folder / "nih"), "--output", str(datalist), "--duplicates", "none"])
    return {"dataset_dir": str(folder / "nih"), "datalist": str(datalist), "store_dir": str(folder / "store")}


def make_chexpert_list(folder: Path, *, uncertain: str = "multiclass") -> dict[str, str]:
    """A phantom in CheXpert's layout, both views, and its list of all labels; returns the overrides that name them."""
    if not (folder / "chexpert").exists():
        main(["phantom", "chexpert", str(folder / "chexpert"), "--images", "100", "--size", "64"])
    datalist = folder / f"datalist-{uncertain}.json"
    main(
        ["datalist", "chexpert", str(folder / "chexpert"), "--output", str(datalist), "--duplicates", "none",
         "--labels", ",".join(CHEXPERT_LABELS), "--view", "all", "--uncertain", uncertain, "--hierarchy", "chexpert"]
    )  # fmt: skip
    return {"dataset_dir": str(folder / "chexpert"), "datalist": str(datalist), "store_dir": str(folder / "store")}


def make_mura_list(folder: Path, *options: str) -> dict[str, str]:
    """A phantom in MURA's layout and its list; returns the overrides that name them."""
    if not (folder / "mura").exists():
        main(["phantom", "mura", str(folder / "mura"), "--images", "100", "--size", "64"])
    datalist = folder / f"datalist{''.join(options)}.json"
    main(["datalist", "mura", str(folder / "mura"), "--output", str(datalist), "--duplicates", "none", *options])
    return {"dataset_dir": str(folder / "mura"), "datalist": str(datalist), "store_dir": str(folder / "store")}
