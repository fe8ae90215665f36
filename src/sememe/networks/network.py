"""What the networks that come with Sememe share: seeded weights, normalised input, a name to save."""

import math
from collections import OrderedDict
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.networks.training_recipe import TrainingRecipe

# Mean and standard deviation of the pixels of MNIST's training images, in 0..1.
PIXEL_MEAN = 0.1307
PIXEL_DEVIATION = 0.3081


class Network(nn.Module):
    """A classifier of grey 28 x 28 images, 0 for paper and 1 for ink.

    It normalises its input itself, so that nobody has to remember how, and returns logits.
    ``name`` and ``arguments`` are enough to build it again (see :mod:`sememe.networks.storage`).
    """

    name: ClassVar[str]
    recipe: ClassVar[TrainingRecipe]
    input_shape: ClassVar[tuple[int, int, int]] = (1, 28, 28)

    def __init__(self, **arguments: int) -> None:
        super().__init__()
        self.arguments = arguments

    def normalise(self, images: Float[Tensor, "images ..."]) -> Float[Tensor, "images ..."]:
        """Pixels with about zero mean and unit deviation over handwritten digits.

        Raises:
            NetworkError: images of another shape than ``input_shape``.
        """
        if tuple(images.shape[1:]) != self.input_shape:
            raise NetworkError(
                f"{self.name} takes images of shape {self.input_shape} (channels, height, width), "
                f"but these are {tuple(images.shape[1:])}: resize or convert them first."
            )
        return (images - PIXEL_MEAN) / PIXEL_DEVIATION


class Linear(nn.Linear):
    """A linear layer whose weights are left for :func:`initialise`, so that no global random state moves."""

    def reset_parameters(self) -> None:
        """Leave the weights as they were allocated."""


class Conv2d(nn.Conv2d):
    """A convolution whose weights are left for :func:`initialise`, so that no global random state moves."""

    def reset_parameters(self) -> None:
        """Leave the weights as they were allocated."""


def layer(linear: nn.Module, activation: nn.Module) -> nn.Sequential:
    """A linear map and its activation function as one layer: a hook on it sees the activation."""
    return nn.Sequential(OrderedDict(linear=linear, activation=activation))


@torch.no_grad()
def initialise(net: nn.Module, seed: int, gain: float = math.sqrt(2)) -> None:
    """Draw all weights from normal distributions of deviation ``gain / sqrt(inputs)``; biases are zero.

    The square root of 2 keeps the scale of activations through ReLU (He et al. 2015, equation 10). The
    weights of each neuron are moved to sum to zero: activations are positive, and their common mean would
    otherwise hold many neurons always on or always off.
    """
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        if parameter.ndim > 1:
            parameter.normal_(0.0, gain / math.sqrt(parameter[0].numel()), generator=generator)
            parameter.sub_(parameter.mean(dim=tuple(range(1, parameter.ndim)), keepdim=True))
        else:
            parameter.zero_()
