"""The activations of one layer: what this room hands to the rooms to its right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import zarr
from jaxtyping import Float32, Int64, Integer

from sememe.activations.column import read
from sememe.activations.moments import Moments
from sememe.activations.positions import Sampling
from sememe.activations.receptive_field import ReceptiveField
from sememe.errors import ActivationsError

Pool = Literal["mean", "max"]


@dataclass(frozen=True, eq=False)
class Items:
    """A run of items, in memory."""

    values: Float32[np.ndarray, "items neurons"]
    image: Int64[np.ndarray, " items"]
    position: Int64[np.ndarray, "items 2"] | None


@dataclass(frozen=True, eq=False)
class Activations:
    """One row an item, in memory (NumPy) or in a store on disk (Zarr), read in the same way.

    Items stand in the order of the images, and within an image in the order of the map, row by row.

    Attributes:
        values: float32 ``(items, neurons)``, in the layer's own units.
        image: int64 ``(items,)``, each item's row in its set of images.
        position: int64 ``(items, 2)``, row and column in the layer's map; tokens are a map of one row. None
            where an image has one item.
        layer: dotted name of the layer.
        images: name of the set of images.
        grid: height and width of the layer's map; None where an image has one item.
        receptive_field: the pixels that each position sees; None for tokens and where there is no map.
        moments: count, mean and variance over all items, float64.
        sampling: how positions were drawn; None if all were kept.
        pool: how a map was made one item; None if it was not.
    """

    values: np.ndarray | zarr.Array
    image: np.ndarray | zarr.Array
    position: np.ndarray | zarr.Array | None
    layer: str
    images: str
    grid: tuple[int, int] | None
    receptive_field: ReceptiveField | None
    moments: Moments
    sampling: Sampling | None = None
    pool: Pool | None = None

    def __post_init__(self) -> None:
        n_items = self.values.shape[0]
        for name, array in (("image", self.image), ("position", self.position)):
            if array is not None and array.shape[0] != n_items:
                raise ActivationsError(
                    f"Layer {self.layer!r} has {n_items:,} rows of values but {array.shape[0]:,} of {name}: "
                    "each item needs one."
                )
        if n_items == 0:
            raise ActivationsError(f"Layer {self.layer!r} has no activations: harvest at least one image.")

    def __len__(self) -> int:
        return self.values.shape[0]

    def __repr__(self) -> str:
        where = "in memory" if isinstance(self.values, np.ndarray) else "on disk"
        grid = f", map {self.grid[0]} x {self.grid[1]}" if self.grid else ""
        size = f"{len(self):,} items x {self.n_neurons:,} neurons"
        return f"Activations({self.layer!r} of {self.images!r}: {size}{grid}, {where})"

    @property
    def n_neurons(self) -> int:
        """Neurons of the layer."""
        return self.values.shape[1]

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "rows neurons"]:
        """Values of a range of items; a view where they are in memory.

        Raises:
            FormatError: the part of the store that holds them is damaged.
        """
        if isinstance(self.values, np.ndarray):
            return self.values[start:stop]
        return read(self.values, slice(start, stop))

    def take(self, items: Integer[np.ndarray, " rows"]) -> Float32[np.ndarray, "rows neurons"]:
        """Values of the items with these numbers, in this order; only the chunks they lie in are read."""
        if isinstance(self.values, np.ndarray):
            return self.values[items]
        return read(self.values, items)

    def items(self, start: int, stop: int) -> Items:
        """Values, image and position of a range of items."""
        position = None if self.position is None else np.asarray(self.position[start:stop])
        return Items(self.rows(start, stop), np.asarray(self.image[start:stop]), position)

    def batches(self, size: int) -> Iterator[Float32[np.ndarray, "rows neurons"]]:
        """All values in order, ``size`` rows at a time (fewer in the last batch)."""
        if size < 1:
            raise ActivationsError(f"The batch size is {size}; use 1 or more.")
        # From disk several chunks are read at once: a chunk that many batches share is read once or twice.
        shared = 1 if isinstance(self.values, np.ndarray) else max(1, 4 * self.values.chunks[0] // size)
        for start in range(0, len(self), size * shared):
            block = self.rows(start, start + size * shared)
            for first in range(0, len(block), size):
                yield block[first : first + size]
