"""Thin ignite handlers over the pure parts of the package."""

from radiobundle.handlers.attached_part import AttachedPart as AttachedPart
from radiobundle.handlers.batch_norm import BatchNormStatistics as BatchNormStatistics
from radiobundle.handlers.checkpoint import TrainingCheckpoint as TrainingCheckpoint
from radiobundle.handlers.heat_maps import HeatMapWriter as HeatMapWriter
from radiobundle.handlers.history import RunHistory as RunHistory
from radiobundle.handlers.joined_run import JoinedRun as JoinedRun
from radiobundle.handlers.localisation import PointingGame as PointingGame
from radiobundle.handlers.losses import LossHistory as LossHistory
from radiobundle.handlers.manifest import RunManifest as RunManifest
from radiobundle.handlers.metrics import EpochLoss as EpochLoss
from radiobundle.handlers.metrics import EpochScores as EpochScores
from radiobundle.handlers.mistakes import MistakesGallery as MistakesGallery
from radiobundle.handlers.out_of_distribution import OutOfDistributionWriter as OutOfDistributionWriter
from radiobundle.handlers.output_count import OutputCount as OutputCount
from radiobundle.handlers.predictions import PredictionsWriter as PredictionsWriter
from radiobundle.handlers.pretrained import PretrainedWeights as PretrainedWeights
from radiobundle.handlers.projected_stop import ProjectedStop as ProjectedStop
from radiobundle.handlers.shortcuts import ShortcutFloor as ShortcutFloor
from radiobundle.handlers.snapshots import SnapshotWriter as SnapshotWriter
from radiobundle.handlers.statistics import PixelStatisticsWriter as PixelStatisticsWriter
from radiobundle.handlers.training_summary import TrainingSummary as TrainingSummary
from radiobundle.handlers.validation_panel import ValidationPanel as ValidationPanel
from radiobundle.handlers.weights import AverageUpdater as AverageUpdater
from radiobundle.handlers.weights import WeightsLoader as WeightsLoader
