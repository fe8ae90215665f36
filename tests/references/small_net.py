"""A small network with a map and a vector, planted images, and the layer judged on them."""

import numpy as np
import torch
from torch import nn

from sememe import dictionaries, judging
from sememe.images import ImageSet
from sememe.images.concepts import Concepts
from sememe.judging import Limits, Split

CLASSES = 4


class SmallNet(nn.Module):
    """A map of 3 x 3, a vector of 8, four logits."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 5, 2, stride=2), nn.ReLU())
        self.hidden = nn.Sequential(nn.Linear(45, 8), nn.ReLU())
        self.logits = nn.Linear(8, CLASSES)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(0.0, 0.4, generator=generator)

    def forward(self, images):
        return self.logits(self.hidden(self.conv(images).flatten(1)))


class PassesBy(SmallNet):
    """Something goes around the hidden layer."""

    def forward(self, images):
        flat = self.conv(images).flatten(1)
        return self.logits(self.hidden(flat) + flat[:, :8])


def planted(n: int, seed: int) -> ImageSet:
    """Four classes: which quarter of the image is bright."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % CLASSES
    pixels = rng.integers(0, 80, (n, 6, 6))
    for i, label in enumerate(labels):
        row, column = divmod(int(label), 2)
        pixels[i, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3] += 150
    return ImageSet(
        pixels=pixels.astype(np.uint8),
        labels=labels.astype(np.int64),
        label_names=tuple("abcd"),
        name=f"planted-{seed}",
    )


def split_of(images: ImageSet, concepts: bool = True) -> Split:
    assert images.labels is not None
    bank = Concepts(
        ("upper", "left", "class a"),
        np.stack([images.labels < 2, images.labels % 2 == 0, images.labels == 0], axis=1),
        ("place", "place", "class"),
    )
    embedded = images.floats().reshape(len(images), -1)
    return Split(images, embedded, bank if concepts else None)


LIMITS = Limits(spliced_images=30, effect_images=6, simulated_items=80, exemplar_items=100, least_concept=5)


def unit_sets(subject, seed=0):
    """The neurons, features and a control, fitted on the development items."""
    items = subject.items["layer"].development
    k, size = {"k": 3}, {"n_components": 12, "k": 3, "random_state": seed}
    kinds = {
        "neurons": ("neurons", dictionaries.Neurons(), {}),
        "stored": ("features", dictionaries.StoredActivations(**size), k),
        "random": ("control", dictionaries.RandomDictionary(**size), k),
    }
    return [
        judging.UnitSet(name, kind, settings, dictionary.set_params(sparse_output=True).fit(items))
        for name, (kind, dictionary, settings) in kinds.items()
    ]
