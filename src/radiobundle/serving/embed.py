"""The `radiobundle embed` command: each image as the vector that the network's last layer sees."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from radiobundle.files import replacing, require_writable_folder
from radiobundle.images.search import Passed, search_images
from radiobundle.models.load import open_model
from radiobundle.models.model import Model
from radiobundle.models.trained import TrainedModel
from radiobundle.serving.decode import check_batch_size
from radiobundle.serving.streams import answer_batches
from radiobundle.words import counted

SUFFIXES = (".npz", ".parquet", ".csv")
_SHOWN = 5


def embed_command(
    model: str,
    inputs: Sequence[str],
    *,
    output: str,
    batch_size: int = 32,
    device: str | None = None,
    precision: str = "auto",
    overwrite: bool = False,
) -> int:
    """Write the features of all images as one file; return 1 when some images failed, else 0.

    Raises:
        ValueError: the file's suffix is unknown, the file exists, the model is an exported one without features, or no
            image can be read.
    """
    path = Path(output)
    if path.suffix not in SUFFIXES:
        raise ValueError(f"`output` {output}: name a file that ends in {', '.join(SUFFIXES)}")
    if path.exists() and not overwrite:
        raise ValueError(f"`output` {output}: exists; allow it to be replaced by `overwrite`, or name another one")
    check_batch_size(batch_size)
    require_writable_folder(path.parent)
    with open_model(model, device=device, precision=precision) as loaded:
        names, features, failures = _embed(require_features(loaded, model), inputs, batch_size)
    if not names:
        raise ValueError(f"no image could be read: {failures[0] if failures else 'none was found'}")
    write_features(path, names, features)
    for failure in failures[:_SHOWN]:
        print(failure, file=sys.stderr)
    rest = f"; {counted(len(failures), 'image')} failed" if failures else ""
    print(f"{path}: {counted(len(names), 'image')}, {counted(features.shape[1], 'feature')} each{rest}")
    return int(bool(failures))


def require_features(model: Model, name: str) -> TrainedModel:
    """Return a model whose network gives features; raise ValueError, with its name, for an exported file."""
    if not isinstance(model, TrainedModel):
        raise ValueError(f"{name}: an exported file gives no features; name the run or the package it came from")
    return model


def write_features(path: Path, names: Sequence[str], features: np.ndarray) -> None:
    """Write features with the names of their images.

    Args:
        path: `.npz` (arrays `images` and `features`), `.parquet` or `.csv` (columns `image`, `f0`, `f1` ...).
        names: N.
        features: (N, D) float32.

    Raises:
        ValueError: Parquet was asked for and pyarrow is not installed.
    """
    with replacing(path) as temporary:
        if path.suffix == ".npz":
            with temporary.open("wb") as file:
                np.savez(file, images=np.array(names), features=features)
            return
        table = pd.DataFrame(features, columns=[f"f{index}" for index in range(features.shape[1])])
        table.insert(0, "image", list(names))
        if path.suffix == ".csv":
            table.to_csv(temporary, index=False)
            return
        try:
            table.to_parquet(temporary, index=False)
        except ImportError as error:
            raise ValueError(f"{path}: Parquet needs `pip install pyarrow`; or name a .npz file") from error


def _embed(model: TrainedModel, inputs: Sequence[str], batch_size: int) -> tuple[list[str], np.ndarray, list[str]]:
    names: list[str] = []
    found: list[np.ndarray] = []
    failures: list[str] = []
    total = sum(1 for _ in search_images(inputs, Passed()))
    with tqdm(total=total, unit="image", desc="embedding", file=sys.stderr) as progress:
        for batch in answer_batches(search_images(inputs), model, batch_size=batch_size, features=True):
            failures += [f"{failure.image}: {failure.reason}" for failure in batch.decoded.failures]
            if batch.features is not None:
                found.append(batch.features)
                names += [image.name for image in batch.decoded.images]
            progress.update(len(batch.decoded))
    return names, np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32), failures
