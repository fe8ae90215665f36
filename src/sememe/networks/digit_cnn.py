"""The digit CNN: two convolutions and a layer of 128 neurons, trained to 99 % in seconds on a CPU."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.networks.network import Conv2d, Linear, Network, initialise, layer
from sememe.networks.training_recipe import TrainingRecipe


class DigitCNN(Network):
    """Two convolutions with ReLU, a mean pool, a hidden layer, ten logits. Made by :func:`digit_cnn`.

    =========  =============================================  ==========================
    layer      computes                                       activation of an image
    =========  =============================================  ==========================
    conv1      5 x 5, stride 2, ReLU                          (16, 12, 12)
    conv2      3 x 3, ReLU                                    (32, 10, 10)
    pool       mean of 2 x 2                                  (32, 5, 5)
    fc1        linear, ReLU                                   (128,)
    logits     linear                                         (10,)
    =========  =============================================  ==========================

    The pool takes the mean, so that what lies between two ReLUs is linear and a direct effect can be read
    from the weights. ``fc1`` reads the pooled map in the order row, column, channel.
    """

    name = "digit_cnn"
    recipe = TrainingRecipe(
        epochs=4,
        batch_size=128,
        learning_rate=6e-3,
        betas=(0.85, 0.98),
        weight_decay=0.05,
        shift=1,
        focus=0.3,
        low_precision=True,
    )

    def __init__(self, seed: int, fc1: int) -> None:
        super().__init__(seed=seed, fc1=fc1)
        self.conv1 = layer(Conv2d(1, 16, kernel_size=5, stride=2), nn.ReLU())
        self.conv2 = layer(Conv2d(16, 32, kernel_size=3), nn.ReLU())
        self.pool = nn.AvgPool2d(2)
        hidden = Linear(5 * 5 * 32, fc1)
        self.fc1 = layer(hidden, nn.ReLU())
        self.logits = Linear(fc1, 10)
        initialise(self, seed)
        # Hidden neurons start on for most images: started at zero, one in ten ends up never on.
        nn.init.ones_(hidden.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Float[Tensor, "images ..."]) -> Float[Tensor, "images 10"]:
        """Logits of images (images, 1, 28, 28) in 0..1."""
        pooled = self.pool(self.conv2(self.conv1(self.normalise(images))))
        # In channels_last memory this order is a view; the usual one would be a transposing copy each way.
        return self.logits(self.fc1(pooled.permute(0, 2, 3, 1).flatten(1)))


def digit_cnn(seed: int = 0, *, fc1: int = 128) -> DigitCNN:
    """The digit CNN, untrained; layers conv1, conv2, fc1, logits, each seen after its ReLU.

    ``seed`` draws the initial weights; ``fc1`` is the number of neurons of the hidden layer.
    """
    return DigitCNN(seed, fc1)
