"""Networks to look into: the digit networks, any ``nn.Module``, their layers by name, their training."""

from sememe.networks.device import resolve_device
from sememe.networks.digit_cnn import digit_cnn
from sememe.networks.digit_mlp import digit_mlp
from sememe.networks.evaluation import Evaluation, evaluate, predict
from sememe.networks.hooks import capture, replace, run_to
from sememe.networks.independent_encoder import embed, independent_encoder
from sememe.networks.layers import Layer, find, layers
from sememe.networks.network import Network
from sememe.networks.registry import registry
from sememe.networks.storage import load, load_weights, named, save
from sememe.networks.training import TrainingRecord, train
from sememe.networks.training_recipe import TrainingRecipe

__all__ = [
    "Evaluation",
    "Layer",
    "Network",
    "TrainingRecipe",
    "TrainingRecord",
    "capture",
    "digit_cnn",
    "digit_mlp",
    "embed",
    "evaluate",
    "find",
    "independent_encoder",
    "layers",
    "load",
    "load_weights",
    "named",
    "predict",
    "registry",
    "replace",
    "resolve_device",
    "run_to",
    "save",
    "train",
]
