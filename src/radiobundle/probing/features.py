"""The features of a datalist's images by frozen pretrained weights, computed once and kept."""

from __future__ import annotations

import hashlib
import logging
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from torch import nn
from tqdm import tqdm

from radiobundle.files import file_sha256, replacing
from radiobundle.images.dataset import StoreDataset
from radiobundle.images.store import ImageStore
from radiobundle.networks.features import FeatureTap
from radiobundle.networks.transfer import load_pretrained
from radiobundle.pretrained.entry import WeightsEntry
from radiobundle.pretrained.expected import fitting_normalisation
from radiobundle.pretrained.load import build_network
from radiobundle.pretrained.locate import locate
from radiobundle.training.batches import PrepareBatch
from radiobundle.training.precision import AutocastInferer

FOLDER = "features"  # in the store
_FORMAT = 2  # of the kept files; what was computed otherwise must not be taken for the same
logger = logging.getLogger("radiobundle")


def compute_features(
    entry: WeightsEntry, items: Sequence[dict[str, Any]], store: ImageStore, *, batch_size: int = 64
) -> np.ndarray:
    """Return what the last layer of a network with registered weights gets from each image: (images, features) float32.

    The network takes as many channels as the weights were trained with; a grey image is repeated. Features are kept
    image by image beside the store, so that the same weights on an image at the same size are computed once, whatever
    datalist it is in. The file is written whole: of two processes that add to it at once, one computes its part again.

    Args:
        entry: of the weights.
        items: with `image`, the path of each.
        store: of the decoded images, whose reader sets their size.
        batch_size: number of images in a forward pass.

    Raises:
        WeightsError: the weights or their network cannot be had.
        CheckpointError: they do not fit the network that their entry states.
    """
    weights = locate(entry)
    dataset = StoreDataset(items, store)
    kept_file = store.folder / FOLDER / f"{entry.name}-{_key(weights, entry)}.npz"
    kept = _read_kept(kept_file)
    keys = [_image_key(Path(item["image"])) for item in items]
    if missing := [row for row, key in enumerate(keys) if key not in kept]:
        network = build_network(entry)
        load_pretrained(network, weights)
        found = _run(network.eval(), entry, dataset, missing, batch_size)
        kept |= {keys[row]: features for row, features in zip(missing, found, strict=True)}
        with replacing(kept_file) as temporary, temporary.open("wb") as file:
            np.savez(file, keys=np.array(list(kept)), features=np.stack(list(kept.values())))
    logger.info("features of %s: %d of %d images taken from %s", entry.name, len(keys) - len(missing), len(keys),
                kept_file)  # fmt: skip
    return np.stack([kept[key] for key in keys])


def _read_kept(path: Path) -> dict[str, np.ndarray]:
    """Return the features in a file, by the key of their image; none if there is no such file, or a damaged one."""
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as content:
            return dict(zip(content["keys"].tolist(), content["features"], strict=True))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        logger.warning("%s: damaged (%s); the features are computed again", path, error)
        return {}


def _key(weights: Path, entry: WeightsEntry) -> str:
    """Return a hash of the weights and their input; the store's folder stands for the reader."""
    text = f"{_FORMAT} {file_sha256(weights)} {entry.network} {entry.expects}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _image_key(path: Path) -> str:
    """Return a hash of an image's path, size and time of change."""
    state = path.stat()
    return hashlib.sha256(f"{path.resolve()} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]


def _run(
    network: nn.Module, entry: WeightsEntry, dataset: StoreDataset, images: Sequence[int], batch_size: int
) -> np.ndarray:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    section = {"made": fitting_normalisation(entry, channels=entry.expects.channels)}
    prepare = PrepareBatch(ConfigParser(section).get_parsed_content("made"))
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    tap, infer = FeatureTap(network), AutocastInferer(device)
    found = np.empty((len(images), tap.feature_count), np.float32)
    starts = range(0, len(images), batch_size)
    for start in tqdm(starts, desc=f"features of {entry.name}", unit="batch", disable=None):
        rows = slice(start, start + batch_size)
        infer(_channels(prepare(dataset.__getitems__(images[rows]), device)[0], entry.expects.channels), network)
        found[rows] = tap.take().cpu().numpy()
    return found


def _channels(images: torch.Tensor, channels: int) -> torch.Tensor:
    return images.expand(-1, channels, -1, -1) if images.shape[1] == 1 else images
