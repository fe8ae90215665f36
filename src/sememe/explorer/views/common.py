"""What several pages ask for in the same words: a unit by its address, how images are shown."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8
from scipy import sparse

from sememe.explanations import Firings
from sememe.explorer.endpoint import NotThere
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.images import ImageSet

# Longest side in pixels of the images from which means over images are made.
_SMALL = 32
_AT_A_TIME = 64  # large images


@dataclass(frozen=True)
class LayerAddress:
    """Which layer a page is about."""

    layer: str  # "digit_cnn.fc1"


@dataclass(frozen=True)
class SetAddress:
    """Which unit set."""

    layer: str
    set: str  # "TopKSAE-k8"


@dataclass(frozen=True)
class UnitAddress:
    """Which unit."""

    layer: str
    set: str
    unit: int


@dataclass(frozen=True, eq=False)
class OpenedUnit:
    """One unit of a run with what it is seen by."""

    layer: LayerData
    unit_set: UnitSetData
    unit: int
    codes: sparse.csc_array  # of the whole set, (items, units)

    @property
    def code(self) -> Float64[np.ndarray, " items"]:
        """The unit's code on every item."""
        return column(self.codes, self.unit)


def opened_unit(run: RunData, address: UnitAddress) -> OpenedUnit:
    """A unit by its address.

    Raises:
        NotThere: there is no such layer, unit set or unit.
    """
    layer = run.layer(address.layer)
    unit_set = layer.unit_set(address.set)
    if not 0 <= address.unit < unit_set.n_units:
        raise NotThere(
            f"{unit_set.title} has no unit {address.unit}: its units go from 0 to {unit_set.n_units - 1}."
        )
    return OpenedUnit(layer, unit_set, address.unit, layer.codes(unit_set.key))


def column(codes: sparse.csc_array, unit: int) -> Float64[np.ndarray, " items"]:
    """One unit's codes on all items, zeros included."""
    found = np.zeros(codes.shape[0])
    start, stop = codes.indptr[unit], codes.indptr[unit + 1]
    found[codes.indices[start:stop]] = codes.data[start:stop]
    return found


def labels_of(layer: LayerData) -> Int64[np.ndarray, " items"] | None:
    """The class of each item's image; None where images have no classes."""
    labels = layer.run.images.labels
    return None if labels is None else labels[layer.items.image]


@dataclass(frozen=True, eq=False)
class Tiles:
    """Some firings as tiles of a gallery."""

    image: Int64[np.ndarray, " tiles"]  # rows of the run's images
    activation: Float[np.ndarray, " tiles"]
    label: Int64[np.ndarray, " tiles"] | None  # class of each image
    box: Float[np.ndarray, "tiles 4"] | None  # left, top, width, height of what it sees; shares


def tiles(layer: LayerData, firings: Firings) -> Tiles:
    """Firings with the patch that each of them sees."""
    images = layer.run.images
    box = None
    field = layer.items.receptive_field
    if field is not None and firings.position is not None:
        seen = np.array([field.box(int(row), int(col)) for row, col in firings.position]).reshape(-1, 4)
        top, left, bottom, right = seen.T
        box = np.stack(
            [
                left / images.width,
                top / images.height,
                (right - left) / images.width,
                (bottom - top) / images.height,
            ],
            axis=1,
        )
    label = None if images.labels is None else images.labels[firings.image]
    return Tiles(firings.image, firings.activation, label, box)


def small_pixels(images: ImageSet) -> UInt8[np.ndarray, "images ..."]:
    """Grey or colour pixels, of large images averaged over squares until the longer side is at most 32.

    They are read a few at a time: large images are not all in memory.
    """
    longest = max(images.height, images.width)
    if longest <= _SMALL:
        return images.pixels
    side = -(-longest // _SMALL)
    high, wide = images.height // side, images.width // side
    found = np.empty((*images.pixels.shape[:-2], high, wide), np.uint8)
    for start in range(0, len(images), _AT_A_TIME):
        pixels = images.pixels[start : start + _AT_A_TIME, ..., : high * side, : wide * side]
        squares = pixels.reshape(*pixels.shape[:-2], high, side, wide, side)
        found[start : start + _AT_A_TIME] = squares.mean(axis=(-3, -1), dtype=np.float32)
    return found
