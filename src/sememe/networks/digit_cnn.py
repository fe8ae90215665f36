"""The digit CNN: two convolutions and a layer of 128 neurons, trained to 99 % in seconds on a CPU."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.networks.network import Conv2d, Linear, Network, initialise, layer
from sememe.networks.training_recipe import TrainingRecipe


class DigitCNN(Network):
    """Two convolutions with ReLU, a pool, a hidden layer, ten logits. Made by :func:`digit_cnn`."""

    name = "digit_cnn"
    recipe = TrainingRecipe(epochs=4, batch_size=256, learning_rate=4e-3, low_precision=True)

    def __init__(self, seed: int, fc1: int) -> None:
        super().__init__(seed=seed, fc1=fc1)
        self.conv1 = layer(Conv2d(1, 16, kernel_size=5, stride=2, padding=2), nn.ReLU())
        self.conv2 = layer(Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.fc1 = layer(Linear(32 * 7 * 7, fc1), nn.ReLU())
        self.logits = Linear(fc1, 10)
        initialise(self, seed)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Float[Tensor, "images 1 28 28"]) -> Float[Tensor, "images 10"]:
        x = self.conv2(self.conv1(self.normalise(images)))
        return self.logits(self.fc1(torch.flatten(self.pool(x), 1)))


def digit_cnn(seed: int = 0, *, fc1: int = 128) -> DigitCNN:
    """The digit CNN, untrained; layers conv1, conv2, fc1, logits, each seen after its ReLU.

    ``seed`` draws the initial weights; ``fc1`` is the number of neurons of the hidden layer.
    """
    return DigitCNN(seed, fc1)
