"""The digit network of the 3Blue1Brown series on neural networks: 784-16-16-10, sigmoid."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.networks.network import Linear, Network, initialise, layer
from sememe.networks.training_recipe import TrainingRecipe


class DigitMLP(Network):
    """784 pixels, two hidden layers of sigmoid neurons, ten logits. Made by :func:`digit_mlp`."""

    name = "digit_mlp"
    recipe = TrainingRecipe(
        epochs=20, batch_size=256, learning_rate=2e-2, betas=(0.85, 0.98), weight_decay=0.15, focus=0.5
    )

    def __init__(self, seed: int, hidden1: int, hidden2: int) -> None:
        super().__init__(seed=seed, hidden1=hidden1, hidden2=hidden2)
        self.hidden1 = layer(Linear(784, hidden1), nn.Sigmoid())
        self.hidden2 = layer(Linear(hidden1, hidden2), nn.Sigmoid())
        self.logits = Linear(hidden2, 10)
        initialise(self, seed, gain=1.0)

    def forward(self, images: Float[Tensor, "images ..."]) -> Float[Tensor, "images 10"]:
        """Logits of images (images, 1, 28, 28) in 0..1."""
        return self.logits(self.hidden2(self.hidden1(torch.flatten(self.normalise(images), 1))))


def digit_mlp(seed: int = 0, *, hidden1: int = 16, hidden2: int = 16) -> DigitMLP:
    """The network of the series, untrained: 13,002 weights and biases; layers hidden1, hidden2, logits.

    ``seed`` draws the initial weights. ``hidden1`` and ``hidden2`` are the numbers of neurons, for those who
    want to see what a wider or narrower layer does.
    """
    return DigitMLP(seed, hidden1, hidden2)
