"""What a unit reads, as a picture: its weights where it sits on the pixels, else the images that drive it.

The first layer of the 784-16-16-10 network can be looked at directly: a neuron's incoming weights are a
28 x 28 image, as 3Blue1Brown's series shows them. Deeper units have no such image; the nearest honest
stand-in is the mean of what they fire on, weighted by how strongly, less the mean of everything.
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int, UInt8

from sememe.errors import MeasureError
from sememe.measures.codes import Codes


@runtime_checkable
class Field(Protocol):
    """What each position of a map sees, as :class:`sememe.activations.ReceptiveField` says it.

    Named by what is asked of it, so that looking at a run needs nothing of what harvested it.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of the largest box."""

    def box(self, row: int, col: int, /) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of a position's box."""


def weight_images(
    weights: Float[np.ndarray, "neurons inputs"], shape: tuple[int, int] = (28, 28)
) -> Float[np.ndarray, "neurons height width"]:
    """The incoming weights of the neurons of a layer that reads grey pixels, as images of ``shape``.

    Sign and size are the layer's own: above 0, ink there raises the neuron; below 0, it lowers it.
    Raises :class:`MeasureError` when a row has not one weight a pixel.

    >>> weight_images(np.array([[1.0, -1.0, 0.0, 2.0]]), (2, 2)).tolist()
    [[[1.0, -1.0], [0.0, 2.0]]]
    """
    height, width = shape
    if weights.shape[1] != height * width:
        raise MeasureError(
            f"A neuron has {weights.shape[1]} weights, but images of {height} x {width} pixels need "
            f"{height * width}: only a layer that reads the pixels directly has weight images."
        )
    return weights.reshape(-1, height, width)


def activation_weighted_images(
    codes: Codes, pixels: UInt8[np.ndarray, "images ..."], image: Int[np.ndarray, " items"] | None = None
) -> Float[np.ndarray, "units ..."]:
    """Mean image weighted by each unit's activation, less the mean of all images: what drives the unit.

    ``sum_i a_i (x_i - mean(x)) / sum_i |a_i|`` with pixels from 0 to 1: above 0, there is more ink than usual
    where the unit fires. ``image`` is the image of each item (default: the item itself), so the positions of
    one image add up. A dead unit gets NaN. Raises :class:`MeasureError` when an item has no image.
    """
    n_items = codes.shape[0]
    rows = np.arange(n_items) if image is None else image
    if len(rows) != n_items or (n_items and rows.max() >= len(pixels)):
        raise MeasureError(
            f"{n_items} items point to images up to {rows.max()}, but there are {len(pixels)} images."
        )
    members = (np.ones(n_items, dtype=np.float32), (rows, np.arange(n_items)))
    per_image = scipy.sparse.csr_array(members, shape=(len(pixels), n_items)) @ codes
    flat = pixels.reshape(len(pixels), -1).astype(np.float32) / 255
    flat -= flat.mean(axis=0)
    weighted = np.asarray(per_image.T @ flat, dtype=np.float64)
    mass = np.asarray(abs(codes).sum(axis=0), dtype=np.float64).reshape(-1, 1)
    mean = np.divide(weighted, mass, out=np.full_like(weighted, np.nan), where=mass > 0)
    return mean.reshape(-1, *pixels.shape[1:])


def activation_weighted_patches(
    codes: Codes,
    pixels: UInt8[np.ndarray, "images ..."],
    image: Int[np.ndarray, " items"],
    position: Int[np.ndarray, "items 2"],
    receptive_field: Field,
) -> Float[np.ndarray, "units ..."]:
    """As :func:`activation_weighted_images`, of the patches that the positions of a layer's map see.

    Patches have the size of the whole receptive field. Where the image cuts a patch off, what lies outside
    counts as black, both for the unit and in the mean of all patches that is taken off.
    """
    tall, wide = receptive_field.size
    weighted = np.zeros((codes.shape[1], *pixels.shape[1:-2], tall, wide))
    total = np.zeros(weighted.shape[1:])
    for (row, column), items in _by_position(position):
        top, left, bottom, right = receptive_field.box(row, column)
        # A patch that the image cuts off at its start is missing its first rows or columns.
        down = tall - (bottom - top) if top == 0 else 0
        along = wide - (right - left) if left == 0 else 0
        inside = (..., slice(down, down + bottom - top), slice(along, along + right - left))
        seen = pixels[image[items], ..., top:bottom, left:right].astype(np.float32) / 255
        driven = codes[items].T @ seen.reshape(len(items), -1)
        weighted[inside] += np.asarray(driven).reshape(-1, *seen.shape[1:])
        total[inside] += seen.sum(axis=0, dtype=np.float64)
    signed = np.asarray(codes.sum(axis=0), dtype=np.float64).reshape(-1, *[1] * total.ndim)
    mass = np.asarray(abs(codes).sum(axis=0), dtype=np.float64).reshape(signed.shape)
    weighted -= signed * (total / max(1, len(image)))
    return np.divide(weighted, mass, out=np.full_like(weighted, np.nan), where=mass > 0)


def _by_position(
    position: Int[np.ndarray, "items 2"],
) -> Iterator[tuple[tuple[int, int], Int[np.ndarray, " items"]]]:
    """Each position that occurs, with its items."""
    places, which = np.unique(position, axis=0, return_inverse=True)
    for i, (row, column) in enumerate(places.tolist()):
        yield (row, column), np.flatnonzero(which.ravel() == i)
