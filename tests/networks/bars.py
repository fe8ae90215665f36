"""Images that are quick to learn: class c is a bar of ink in band c, under noise."""

import numpy as np
import torch
from torch import nn

from sememe.images import ImageSet


def bars(n, n_classes=10, size=28, seed=0):
    """A labelled set of n grey images, classes in turn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    pixels = generator.integers(0, 60, (n, size, size))
    band = size // n_classes
    for row, label in enumerate(labels):
        pixels[row, label * band : (label + 1) * band] += 180
    return ImageSet(pixels.astype(np.uint8), labels.astype(np.int64), name="bars")


def small_classifier(n_classes=4, size=8, dropout=0.0, seed=0):
    """A classifier that knows nothing of Sememe, with seeded weights."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return nn.Sequential(
            nn.Flatten(), nn.Linear(size * size, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, n_classes)
        )


def weights(net):
    """All weights in one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])
