"""Thin ignite handlers over the pure parts of the package."""

from radiobundle.handlers.checkpoint import TrainingCheckpoint
from radiobundle.handlers.history import RunHistory
from radiobundle.handlers.joined_run import JoinedRun
from radiobundle.handlers.localisation import PointingGame
from radiobundle.handlers.losses import LossHistory
from radiobundle.handlers.manifest import RunManifest
from radiobundle.handlers.metrics import EpochLoss, EpochScores
from radiobundle.handlers.out_of_distribution import OutOfDistributionWriter
from radiobundle.handlers.predictions import PredictionsWriter
from radiobundle.handlers.pretrained import PretrainedWeights
from radiobundle.handlers.statistics import PixelStatisticsWriter
from radiobundle.handlers.weights import AverageUpdater, WeightsLoader

__all__ = [
    "AverageUpdater",
    "EpochLoss",
    "EpochScores",
    "JoinedRun",
    "LossHistory",
    "OutOfDistributionWriter",
    "PixelStatisticsWriter",
    "PointingGame",
    "PredictionsWriter",
    "PretrainedWeights",
    "RunHistory",
    "RunManifest",
    "TrainingCheckpoint",
    "WeightsLoader",
]
