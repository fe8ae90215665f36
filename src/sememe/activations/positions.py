"""Which positions of a map are kept, where not all are: seeded, and the same however images are batched."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from sememe.activations.receptive_field import ReceptiveField
from sememe.errors import ActivationsError

Weighting = Literal["uniform", "ink", "norm"]

# What an empty position weighs beside the heaviest of its image: it is drawn when the others have run out.
_BACKGROUND = 1e-6


@dataclass(frozen=True)
class Sampling:
    """How the positions of an image were drawn, without replacement.

    Attributes:
        per_image: positions an image.
        weighted: ``uniform``; ``ink``, in proportion to the ink within the receptive field (see
            :func:`ink_weights`); ``norm``, in proportion to the activation's Euclidean norm.
        seed: with the image's row in its set, decides the draw.
    """

    per_image: int
    weighted: Weighting = "uniform"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.per_image < 1:
            raise ActivationsError(
                f"positions_per_image is {self.per_image}; keep at least 1, or None for all."
            )
        if self.weighted not in get_args(Weighting):
            known = ", ".join(get_args(Weighting))
            raise ActivationsError(f"Positions cannot be weighted by {self.weighted!r}: use one of {known}.")
        if self.seed < 0:
            raise ActivationsError(f"The seed is {self.seed}; use 0 or more.")


def draw(
    weights: Float[np.ndarray, "images positions"], first_image: int, per_image: int, seed: int
) -> Int64[np.ndarray, "images drawn"]:
    """Draw positions of consecutive images without replacement, each next one in proportion to its weight.

    An exponential race (Efraimidis and Spirakis 2006): position p arrives after a time drawn from the
    exponential distribution of rate ``weights[:, p]``, and the first ``per_image`` to arrive are kept. The
    times of an image come from a counter-based generator set to its row, so no other image matters.

    Args:
        weights: at least 0; positions of weight 0 are drawn only when the others have run out, and uniformly
            if all are 0.
        first_image: row of the first image in its set.
        per_image: positions to keep of each image, at most all.
        seed: of the whole harvest.

    Returns:
        Flat positions of each image in rising order.
    """
    n_images, n_positions = weights.shape
    heaviest = weights.max(axis=1, keepdims=True)
    rates = np.maximum(weights, np.where(heaviest > 0, heaviest * _BACKGROUND, 1.0))
    arrivals = _exponential(n_images, n_positions, first_image, seed) / rates
    drawn = np.argpartition(arrivals, per_image - 1, axis=1)[:, :per_image]
    return np.sort(drawn, axis=1).astype(np.int64)


def ink_weights(
    pixels: Float32[np.ndarray, "images channels height width"], field: ReceptiveField
) -> Float64[np.ndarray, "images positions"]:
    """Mean ink of the pixels that each position sees, from 0.

    Ink is the absolute difference, mean over channels, from the image's background: the median of the pixels
    on its border, each channel for itself. White on black and black on white come out alike.
    """
    border = np.concatenate(
        [pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, 1:-1, 0], pixels[:, :, 1:-1, -1]], axis=2
    )
    background = np.median(border, axis=2)[:, :, None, None]
    ink = np.abs(pixels - background).mean(axis=1, dtype=np.float64)
    rows = _averages(field.rows, ink.shape[1])
    columns = _averages(field.columns, ink.shape[2])
    # Rounding in the products may leave a hair below zero where there is no ink.
    return np.maximum(rows @ ink @ columns.T, 0.0).reshape(len(ink), -1)


def _averages(
    intervals: tuple[tuple[int, int], ...], n_pixels: int
) -> Float64[np.ndarray, "positions pixels"]:
    """A matrix that takes the mean over each interval of pixels."""
    matrix = np.zeros((len(intervals), n_pixels))
    for position, (start, stop) in enumerate(intervals):
        matrix[position, start:stop] = 1.0 / (stop - start)
    return matrix


def _exponential(
    n_images: int, n_positions: int, first_image: int, seed: int
) -> Float64[np.ndarray, "images positions"]:
    """Standard exponential numbers, those of an image fixed by the seed and its row alone."""
    # Philox gives four 64-bit numbers a count; each image has whole counts of its own.
    counts = -(-n_positions // 4)
    generator = np.random.Generator(np.random.Philox(key=seed, counter=first_image * counts))
    uniform = generator.random((n_images, 4 * counts))[:, :n_positions]
    return -np.log1p(-uniform)
