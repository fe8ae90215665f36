"""An encoder trained apart, whose embeddings say how alike two images are."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.images import ImageSet
from sememe.networks.evaluation import batches
from sememe.networks.hooks import run_to
from sememe.networks.network import Conv2d, Linear, Network, initialise, layer
from sememe.networks.training_recipe import TrainingRecipe


class IndependentEncoder(Network):
    """Three convolutions with GELU, a mean over positions, ten logits. Made by :func:`independent_encoder`.

    It shares neither depth nor activation function nor a hidden layer with :func:`digit_cnn`: a unit whose
    images lie close together here owes that to the images, not to the network it was found in.
    """

    name = "independent_encoder"
    recipe = TrainingRecipe(
        epochs=3,
        batch_size=128,
        learning_rate=2e-2,
        betas=(0.85, 0.98),
        weight_decay=0.05,
        shift=1,
        focus=0.3,
        low_precision=True,
    )

    def __init__(self, seed: int) -> None:
        super().__init__(seed=seed)
        self.conv1 = layer(Conv2d(1, 16, kernel_size=4, stride=2), nn.GELU())
        self.conv2 = layer(Conv2d(16, 32, kernel_size=3, stride=2), nn.GELU())
        self.conv3 = layer(Conv2d(32, 64, kernel_size=3), nn.GELU())
        self.embedding = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.logits = Linear(64, 10)
        initialise(self, seed)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Float[Tensor, "images ..."]) -> Float[Tensor, "images 10"]:
        """Logits of images (images, 1, 28, 28) in 0..1."""
        maps = self.conv3(self.conv2(self.conv1(self.normalise(images))))
        return self.logits(self.embedding(maps))


def independent_encoder(seed: int = 0) -> IndependentEncoder:
    """The encoder, untrained; layers conv1, conv2, conv3, embedding (64), logits.

    ``seed`` draws the initial weights; give another than that of the network under study.
    """
    return IndependentEncoder(seed)


def embed(
    net: nn.Module, images: ImageSet, *, layer: str = "embedding", batch_size: int = 1000
) -> Float[np.ndarray, "images embedding"]:
    """The activation of an encoder's embedding layer for every image, float32.

    ``net`` is run in evaluation mode without gradients, where it is; ``layer`` must give vectors.

    Raises:
        NetworkError: there is no such layer.
    """
    return batches(lambda x: run_to(net, [layer], x)[layer], net, images, batch_size)
