"""Thin ignite handlers over the pure parts of the package."""

from radiobundle.handlers.checkpoint import TrainingCheckpoint
from radiobundle.handlers.history import RunHistory
from radiobundle.handlers.manifest import RunManifest
from radiobundle.handlers.metrics import EpochLoss, EpochScores
from radiobundle.handlers.predictions import PredictionsWriter
from radiobundle.handlers.weights import WeightsLoader

__all__ = [
    "EpochLoss",
    "EpochScores",
    "PredictionsWriter",
    "RunHistory",
    "RunManifest",
    "TrainingCheckpoint",
    "WeightsLoader",
]
