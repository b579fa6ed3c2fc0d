"""Data sets of plain tensors: over the packed store, batch by batch, or over the files, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from monai.transforms import LoadImage
from torch.utils.data import Dataset

from radiobundle.images.store import ImageStore


class StoreDataset(Dataset):
    """Images and labels of one split; a batch is one copy out of the memory-mapped store.

    A batch is a dict: `image` uint8 (batch, channels, height, width), `label` float32 (batch, labels) where the items
    have labels, and `index` int64 (batch,), the index of each item in `data`.

    Args:
        data: items with `image` (path) and, unless unlabelled, `label` (a 1 / 0 / -1 per label).
        store: store of the decoded images; missing ones are decoded now.

    Raises:
        ValueError: `data` is empty.
    """

    def __init__(self, data: Sequence[dict[str, Any]], store: ImageStore) -> None:
        if not data:
            raise ValueError("no images: the datalist's split (after label_map) is empty")
        self.data = data
        self.store = store
        self._names, self._packs, self._rows = store.locate([item["image"] for item in data])
        self._labels = None
        if "label" in data[0]:
            self._labels = torch.tensor(np.asarray([item["label"] for item in data], dtype=np.float32))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {key: value[0] for key, value in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """One batch; the data loader calls this instead of `__getitem__` and must not collate it again."""
        chosen = np.asarray(indices)
        batch = {"image": self._images(chosen), "index": torch.from_numpy(chosen)}
        if self._labels is not None:
            batch["label"] = self._labels[chosen]
        return batch

    def _images(self, chosen: np.ndarray) -> torch.Tensor:
        packs, rows = self._packs[chosen], self._rows[chosen]
        first = self.store.pack(self._names[packs[0]])
        images = np.empty((len(chosen), *first.shape[1:]), dtype=np.uint8)
        for pack in np.unique(packs):
            here = packs == pack
            images[here] = self.store.pack(self._names[pack])[rows[here]]
        return torch.from_numpy(images)


class SeveralStoresDataset(Dataset):
    """The same images from several stores, for networks that need different pixels.

    A batch is that of `StoreDataset`, but `image` is a list of tensors, one per store.

    Args:
        data: items as for `StoreDataset`.
        stores: stores of the decoded images.
    """

    def __init__(self, data: Sequence[dict[str, Any]], stores: Sequence[ImageStore]) -> None:
        self.datasets = [StoreDataset(data, store) for store in stores]

    def __len__(self) -> int:
        return len(self.datasets[0])

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Any]:
        """One batch, already collated."""
        batches = [dataset.__getitems__(indices) for dataset in self.datasets]
        return {**batches[0], "image": [batch["image"] for batch in batches]}


class FileDataset(Dataset):
    """MONAI's plain way: `LoadImage` on the file, every time. Same arguments and pixels as `StoreDataset`, but slower.

    Args:
        data: items as for `StoreDataset`.
        store: only its reader is used.
    """

    def __init__(self, data: Sequence[dict[str, Any]], store: ImageStore) -> None:
        self.data = data
        self._load = LoadImage(reader=store.reader, image_only=True, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        item = self.data[index]
        sample = {"image": self._load(item["image"]).as_tensor(), "index": torch.tensor(index)}
        if "label" in item:
            sample["label"] = torch.tensor(item["label"], dtype=torch.float32)
        return sample


def keep_batch(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The collate function for data sets that already return batches."""
    return batch
