"""What the network of a run adds to a page: features and what follows from them, and heat maps."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from radiobundle.viewing.embedding import embed_rows
from radiobundle.viewing.features import compute_features, unlikeness, why_no_features
from radiobundle.viewing.nearest import Neighbours, find_nearest
from radiobundle.viewing.network import NetworkInput
from radiobundle.words import counted

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What follows from the features of the rows of a page.

    Args:
        neighbours: among `references`; None: there are none.
        references: items of the training images that are neighbours of any row.
        maps: script of the embedding; empty: there is none.
        map_note: a sentence on it.
        unlikeness: (N,) out-of-distribution score; None: the run has none.
        notes: what is missing.
    """

    neighbours: Neighbours | None = None
    references: Sequence[Item] = ()
    maps: Mapping[str, Any] = field(default_factory=dict)
    map_note: str = ""
    unlikeness: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def look_at(
    source: NetworkInput,
    names: Sequence[str],
    paths: Sequence[Path | None],
    training: Sequence[Item],
    *,
    most_training: int,
    seed: int = 0,
) -> Seen:
    """Compute the features of rows and of training images, and what follows from them.

    Args:
        source: of the pixels, with the network.
        names: N.
        paths: N, of the files; None where unknown.
        training: items of the training images.
        most_training: of more, a random sample is compared with.
        seed: of the sample and of the map.
    """
    if reason := why_no_features(source.model):
        return Seen(notes=(reason,))
    notes = []
    if len(training) > most_training:
        chosen = np.sort(np.random.default_rng(seed).permutation(len(training))[:most_training])
        if most_training:
            total = counted(len(training), "training image")
            notes.append(f"nearest training images are among {most_training:,} of {total}, chosen at random")
        training = [training[at] for at in chosen]
    everything = [*paths, *(Path(item["image"]) for item in training)]
    with tqdm(total=len(everything), unit="image", desc="features", file=sys.stderr) as progress:
        features = compute_features(source, everything, progress)
    own, others = features[: len(paths)], features[len(paths) :]
    maps, note = embed_rows(own, seed=seed)
    found, used = None, np.zeros(0, np.int64)
    if training and features.shape[1]:
        training_names = [str(item["name"]) for item in training]
        found, used = find_nearest(own, others, names=names, training_names=training_names).compacted()
    references = [training[at] for at in used.tolist()]
    return Seen(found, references, maps, note, unlikeness(source.model, own), tuple(notes))
