"""Networks that MONAI lacks, their initialisation, and loading of weights. All return logits."""

from radiobundle.networks.cascade import Cascade, chain_stages
from radiobundle.networks.initialise import initialise
from radiobundle.networks.three_block_cnn import ThreeBlockCNN
from radiobundle.networks.weights import CheckpointError, load_weights, read_checkpoint

__all__ = [
    "Cascade",
    "CheckpointError",
    "ThreeBlockCNN",
    "chain_stages",
    "initialise",
    "load_weights",
    "read_checkpoint",
]
