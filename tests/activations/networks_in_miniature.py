"""Images and networks that the tests of this room harvest from."""

import numpy as np
import torch
from torch import Tensor, nn

from sememe.images import ImageSet


def images(n: int = 10, height: int = 12, width: int = 12, channels: int = 1, seed: int = 0) -> ImageSet:
    shape = (n, height, width) if channels == 1 else (n, channels, height, width)
    return ImageSet(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8), name="noise")


def seeded(net: nn.Module, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.5, generator=generator)
    return net.eval()


class Convolutional(nn.Module):
    """conv (3 neurons) -> in-place ReLU -> pool -> head, on 12 x 12 grey images: a map of 6 x 6."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, stride=2, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(3 * 36, 5)
        self.calls = 0
        seeded(self)

    def forward(self, images: Tensor) -> Tensor:
        self.calls += 1
        return self.head(self.relu(self.conv(images)).flatten(1))


class Tokens(nn.Module):
    """Rows of the image as tokens, mapped to 4 neurons each, and a head that mixes them."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(12, 4)
        self.head = nn.Linear(48, 2)
        seeded(self)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.embed(images[:, 0]).flatten(1))
