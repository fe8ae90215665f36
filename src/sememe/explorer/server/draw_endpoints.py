"""What the Draw page asks besides strokes: test images to begin with, and weights to lay under the ink."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.run_data import RunData


@dataclass(frozen=True)
class WhichImage:
    """A test image: one by its number, or one drawn at random."""

    image: int | None = None
    label: int | None = None  # of this class only
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TestImage:
    """One image of the run."""

    __test__ = False  # no test case, whatever pytest thinks of the name

    image: int
    label: int | None
    pixels: UInt8[np.ndarray, "..."]


def some_image(run: RunData, which: WhichImage) -> TestImage:
    """An image that no training and no choice has seen."""
    images = run.images
    if which.image is not None:
        row = which.image
        if not 0 <= row < len(images):
            raise NotThere(f"There is no image {row}: they go from 0 to {len(images) - 1}.")
    else:
        rows = np.arange(len(images))
        if which.label is not None and images.labels is not None:
            rows = np.flatnonzero(images.labels == which.label)
        if not len(rows):
            raise NotThere(f"No image is of class {which.label}.")
        row = int(np.random.default_rng(abs(which.seed)).choice(rows))
    label = None if images.labels is None else int(images.labels[row])
    return TestImage(row, label, images.pixels[row])


@dataclass(frozen=True)
class WhichLayer:
    """One layer."""

    layer: str


def pixel_weights(run: RunData, which: WhichLayer) -> Float32[np.ndarray, "neurons height width"] | None:
    """Incoming weights of a layer that reads the pixels directly, as images; None of any other layer."""
    layer = run.layer(which.layer)
    network = run.network(layer.network)
    return None if network is None else network.pixel_weights(layer.layer)


ENDPOINTS = (
    Endpoint("test_image", some_image, WhichImage),
    Endpoint("pixel_weights", pixel_weights, WhichLayer),
)
