"""The items of one layer that scores are reported on, read from their Zarr store into memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zarr
from jaxtyping import Float32, Float64, Int64

from sememe.errors import FormatError
from sememe.files import read_json


@dataclass(frozen=True)
class Boxes:
    """The pixels that each position of a map sees: first and past-the-last, for its rows and columns."""

    rows: tuple[tuple[int, int], ...]
    columns: tuple[tuple[int, int], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of the largest box."""
        tall, wide = (max(stop - start for start, stop in axis) for axis in (self.rows, self.columns))
        return tall, wide

    def box(self, row: int, col: int, /) -> tuple[int, int, int, int]:
        """``(top, left, bottom, right)`` of a position: ``image[top:bottom, left:right]``."""
        (top, bottom), (left, right) = self.rows[row], self.columns[col]
        return top, left, bottom, right


@dataclass(frozen=True, eq=False)
class LayerItems:
    """One row an item, as ``sememe.activations`` stores them.

    Attributes:
        values: activations, in the layer's own units.
        image: row of each item in the run's set of images.
        position: row and column of each item in the layer's map; None where an image has one item.
        grid: height and width of the layer's map.
        receptive_field: what each position sees; None where that is not known.
        mean: of every neuron over the items.
        pool: how a map was made one item ("mean", "max"); None where it was not.
    """

    values: Float32[np.ndarray, "items neurons"]
    image: Int64[np.ndarray, " items"]
    position: Int64[np.ndarray, "items 2"] | None
    grid: tuple[int, int] | None
    receptive_field: Boxes | None
    mean: Float64[np.ndarray, " neurons"]
    pool: str | None = None

    def __len__(self) -> int:
        return len(self.image)


def open_items(store: Path) -> LayerItems:
    """Read a store of activations.

    Raises:
        FormatError: not such a store, or damaged.
    """
    if not (store / "zarr.json").is_file():
        raise FormatError(f"There is no store of activations at {store}: let the run finish.")
    attributes = read_json(store / "zarr.json").get("attributes", {})
    try:
        group = zarr.open_group(store, mode="r", zarr_format=3, use_consolidated=False)
        names = ["values", "image", "mean", *(["position"] if "position" in group else [])]
        columns = {name: _whole(group, name) for name in names}
        field, grid = attributes["receptive_field"], attributes["grid"]
        return LayerItems(
            columns["values"],
            columns["image"],
            columns.get("position"),
            None if grid is None else (int(grid[0]), int(grid[1])),
            None if field is None else Boxes(_pairs(field["rows"]), _pairs(field["columns"])),
            columns["mean"],
            attributes.get("pool"),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatError(
            f"{store} is not a whole store of activations ({error!r}): harvest it again."
        ) from None


def _whole(group: zarr.Group, name: str) -> np.ndarray:
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(name)
    return np.asarray(array[:])


def _pairs(axis: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(stop)) for start, stop in axis)
