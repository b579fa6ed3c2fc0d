"""What a training configuration names beyond MONAI: items, sampling, batches, precision, averaging, seeds."""

from radiobundle.training.acceleration import allow_tf32, place_network
from radiobundle.training.averaging import WeightAverage
from radiobundle.training.batches import PrepareBatch
from radiobundle.training.data import eval_loader, image_items, load_items, train_loader
from radiobundle.training.precision import AutocastInferer
from radiobundle.training.preprocessing import PrepareRadiographd
from radiobundle.training.reproducibility import SeedEachEpoch, seed_run
from radiobundle.training.sampling import WeightedSampler, repeat_factors
from radiobundle.training.tracking import adapt_tracking

__all__ = [
    "AutocastInferer",
    "PrepareBatch",
    "PrepareRadiographd",
    "SeedEachEpoch",
    "WeightAverage",
    "WeightedSampler",
    "adapt_tracking",
    "allow_tf32",
    "eval_loader",
    "image_items",
    "load_items",
    "place_network",
    "repeat_factors",
    "seed_run",
    "train_loader",
]
