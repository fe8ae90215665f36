"""Where the items that a unit set reads come from: the layer, the same layer untrained, or the pixels."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float32
from torch import nn

from sememe import activations
from sememe.activations import Activations
from sememe.errors import RunError
from sememe.images import ImageSet

Source = Literal["layer", "untrained", "pixels"]
SOURCES: tuple[Source, ...] = ("layer", "untrained", "pixels")


def read_items(
    source: Source,
    net: nn.Module,
    images: ImageSet,
    layer: str,
    *,
    untrained: nn.Module | None = None,
    positions_per_image: int | None = None,
    seed: int = 0,
    device: str = "auto",
) -> tuple[Float32[np.ndarray, "items neurons"], Activations]:
    """The items of a source, and the layer's own activations at the same places.

    ``untrained`` is the network as it was before training; ``pixels`` are those that each item sees: the
    whole image, or the patch under its position. Both are at the positions of the layer's own items.
    """

    def harvested(network: nn.Module) -> Activations:
        return activations.harvest(
            network, images, layer, positions_per_image=positions_per_image, seed=seed, device=device
        )

    own = harvested(net)
    if source == "layer":
        return own.rows(0, len(own)), own
    if source == "pixels":
        return seen_pixels(images, own), own
    if untrained is None:
        raise RunError("The source 'untrained' needs the network as it was before training.")
    other = harvested(untrained)
    return other.rows(0, len(other)), own


def seen_pixels(
    images: ImageSet, items: Activations, most: int | None = None
) -> Float32[np.ndarray, "items pixels"]:
    """The pixels that each item sees: the patch under its position, or the whole image; 0 to 1.

    With ``most``, they are averaged over squares until at most so many a channel are left: what remains is
    where the ink is, which two images of the same thing share though no pixel of them coincides. What a patch
    lacks beyond the image's border is paper.
    """
    image = np.asarray(items.image[:])
    field = items.receptive_field
    if items.position is None or field is None:
        return _averaged(images.floats(), most).reshape(len(images), -1)[image]
    (height, width), (down, across), (top, left) = field.size, field.stride, field.offset
    border = max(height, width)
    padded = np.pad(images.floats(), ((0, 0), (0, 0), (border, border), (border, border)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))
    position = np.asarray(items.position[:])
    rows = border + top + down * position[:, 0]
    columns = border + left + across * position[:, 1]
    return _averaged(windows[image, :, rows, columns], most).reshape(len(image), -1)


def centres(items: Activations) -> np.ndarray:
    """Row and column of the centre of each item's receptive field, in pixels: float64 ``(items, 2)``."""
    field = items.receptive_field
    if items.position is None or field is None:
        raise RunError(f"The items of {items.layer!r} have no place in the image.")
    middle = [np.array([(a + b - 1) / 2 for a, b in ends]) for ends in (field.rows, field.columns)]
    position = np.asarray(items.position[:])
    return np.stack([middle[0][position[:, 0]], middle[1][position[:, 1]]], axis=1)


def _averaged(pixels: np.ndarray, most: int | None) -> np.ndarray:
    height, width = pixels.shape[2:]
    side = 1 if most is None else math.ceil(math.sqrt(height * width / most))
    high, wide = height // side, width // side
    squares = pixels[:, :, : high * side, : wide * side].reshape(*pixels.shape[:2], high, side, wide, side)
    return squares.mean(axis=(3, 5))
