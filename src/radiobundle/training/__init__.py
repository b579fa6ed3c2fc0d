"""What a training configuration needs besides MONAI: items, sampling, batches, precision, averaging, seeds."""

from radiobundle.training.acceleration import allow_tf32 as allow_tf32
from radiobundle.training.acceleration import place_network as place_network
from radiobundle.training.averaging import WeightAverage as WeightAverage
from radiobundle.training.batches import PrepareBatch as PrepareBatch
from radiobundle.training.conditional import given_parents as given_parents
from radiobundle.training.data import eval_loader as eval_loader
from radiobundle.training.data import image_items as image_items
from radiobundle.training.data import load_items as load_items
from radiobundle.training.data import train_loader as train_loader
from radiobundle.training.discriminative import discriminative_groups as discriminative_groups
from radiobundle.training.easy_images import EasyImages as EasyImages
from radiobundle.training.learning_rate import find_learning_rate as find_learning_rate
from radiobundle.training.memory import largest_batch as largest_batch
from radiobundle.training.mirrored import MirroredInferer as MirroredInferer
from radiobundle.training.optimizer_mode import OptimizerMode as OptimizerMode
from radiobundle.training.precision import AutocastInferer as AutocastInferer
from radiobundle.training.preprocessing import PrepareRadiographd as PrepareRadiographd
from radiobundle.training.reproducibility import SeedEachEpoch as SeedEachEpoch
from radiobundle.training.reproducibility import seed_run as seed_run
from radiobundle.training.sampling import WeightedSampler as WeightedSampler
from radiobundle.training.sampling import repeat_factors as repeat_factors
from radiobundle.training.stages import TrainingStages as TrainingStages
from radiobundle.training.suitability import training_items as training_items
from radiobundle.training.tracking import adapt_tracking as adapt_tracking
