"""What a training configuration names beyond MONAI: items, batches, precision, seeds."""

from radiobundle.training.batches import PrepareBatch
from radiobundle.training.data import eval_loader, image_items, load_items, train_loader
from radiobundle.training.precision import AutocastInferer
from radiobundle.training.reproducibility import SeedEachEpoch, seed_run

__all__ = [
    "AutocastInferer",
    "PrepareBatch",
    "SeedEachEpoch",
    "eval_loader",
    "image_items",
    "load_items",
    "seed_run",
    "train_loader",
]
