"""Networks that MONAI lacks, their initialisation, and loading of weights. All return logits."""

from radiobundle.networks.cascade import Cascade, chain_stages
from radiobundle.networks.initialise import initialise
from radiobundle.networks.simple_cnn import SimpleCNN
from radiobundle.networks.thorax_baseline import ThoraxBaseline
from radiobundle.networks.thorax_modified_v1 import ThoraxModifiedV1
from radiobundle.networks.thorax_modified_v2 import ThoraxModifiedV2
from radiobundle.networks.three_block_cnn import ThreeBlockCNN
from radiobundle.networks.transfer import freeze_all_but, load_pretrained
from radiobundle.networks.vgg_like import VGGLike
from radiobundle.networks.weights import CheckpointError, load_weights, read_checkpoint

__all__ = [
    "Cascade",
    "CheckpointError",
    "SimpleCNN",
    "ThoraxBaseline",
    "ThoraxModifiedV1",
    "ThoraxModifiedV2",
    "ThreeBlockCNN",
    "VGGLike",
    "chain_stages",
    "freeze_all_but",
    "initialise",
    "load_pretrained",
    "load_weights",
    "read_checkpoint",
]
