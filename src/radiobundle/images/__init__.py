"""From files to pixels: readers, the packed image store and the data set over it."""

from radiobundle.images.dataset import FileDataset, StoreDataset, keep_batch
from radiobundle.images.reader import RadiographReader, UnreadableImageError, read_grayscale
from radiobundle.images.store import ImageStore, StoreError

__all__ = [
    "FileDataset",
    "ImageStore",
    "RadiographReader",
    "StoreDataset",
    "StoreError",
    "UnreadableImageError",
    "keep_batch",
    "read_grayscale",
]
