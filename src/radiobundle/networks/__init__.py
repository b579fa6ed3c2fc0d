"""Networks that MONAI lacks, their initialisation, and loading of weights. All return logits."""

from radiobundle.networks.cascade import Cascade as Cascade
from radiobundle.networks.cascade import chain_stages as chain_stages
from radiobundle.networks.efficientnet import torchvision_efficientnet as torchvision_efficientnet
from radiobundle.networks.efficientnet_lite import efficientnet_lite0 as efficientnet_lite0
from radiobundle.networks.initialise import initialise as initialise
from radiobundle.networks.simple_cnn import SimpleCNN as SimpleCNN
from radiobundle.networks.thorax_baseline import ThoraxBaseline as ThoraxBaseline
from radiobundle.networks.thorax_modified_v1 import ThoraxModifiedV1 as ThoraxModifiedV1
from radiobundle.networks.thorax_modified_v2 import ThoraxModifiedV2 as ThoraxModifiedV2
from radiobundle.networks.three_block_cnn import ThreeBlockCNN as ThreeBlockCNN
from radiobundle.networks.transfer import freeze_all_but as freeze_all_but
from radiobundle.networks.transfer import load_pretrained as load_pretrained
from radiobundle.networks.uncertain_classes import LogOdds as LogOdds
from radiobundle.networks.uncertain_classes import UncertainClasses as UncertainClasses
from radiobundle.networks.vgg_like import VGGLike as VGGLike
from radiobundle.networks.weights import CheckpointError as CheckpointError
from radiobundle.networks.weights import load_weights as load_weights
from radiobundle.networks.weights import read_checkpoint as read_checkpoint
