"""Activations on disk: a Zarr v3 group that xarray, or any reader of Zarr, opens as it is.

::

    conv2/
        zarr.json     what it is: layer, images, map, receptive field, sampling, checksums
        values/       float32 (items, neurons)
        image/        int64   (items,)
        position/     int64   (items, axes); only where the layer has a map
        mean/         float64 (neurons,)
        variance/     float64 (neurons,)

How the arrays are cut is told in :mod:`sememe.activations.column`.
"""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zarr

import sememe
from sememe.activations.activations import Activations, Items
from sememe.activations.column import CHUNK_BYTES, Column, checksum
from sememe.activations.moments import Moments
from sememe.activations.positions import Sampling
from sememe.activations.receptive_field import ReceptiveField
from sememe.errors import ActivationsError, FormatError
from sememe.files import read_json, whole_folder

KIND = "sememe-activations"
VERSION = 1

_AXES = {
    "values": ("items", "neurons"),
    "image": ("items",),
    "position": ("items", "axes"),
    "mean": ("neurons",),
    "variance": ("neurons",),
}
# What a store may hold; an older one need not have every array of the one that takes its place.
ARRAYS = tuple(_AXES)


class StoreWriter:
    """Fills a folder with activations that arrive in batches; memory stays at about two chunks.

    The folder is whole only after :meth:`seal`; write into ``files.whole_folder``.
    """

    def __init__(self, folder: Path, n_items: int, n_neurons: int, positions: bool) -> None:
        self._group = zarr.create_group(folder, zarr_format=3)
        self._columns = {
            "values": self._column("values", (n_items, n_neurons), "float32"),
            "image": self._column("image", (n_items,), "int64"),
        }
        if positions:
            self._columns["position"] = self._column("position", (n_items, 2), "int64")

    def _column(self, name: str, shape: tuple[int, ...], dtype: str) -> Column:
        return Column(self._group, name, _AXES[name], shape, dtype)

    @property
    def arrays(self) -> tuple[zarr.Array, zarr.Array, zarr.Array | None]:
        """Values, image and position, as far as they have been written."""
        position = self._columns.get("position")
        return (
            self._columns["values"].array,
            self._columns["image"].array,
            None if position is None else position.array,
        )

    def append(self, items: Items) -> None:
        """Add items after those that are already there."""
        self._columns["values"].append(items.values)
        self._columns["image"].append(items.image)
        if items.position is not None:
            self._columns["position"].append(items.position)

    def seal(self, activations: Activations) -> None:
        """Write what is left and what the activations say of themselves."""
        moments = activations.moments
        for name, vector in (("mean", moments.mean), ("variance", moments.variance)):
            self._columns[name] = self._column(name, vector.shape, "float64")
            self._columns[name].append(vector)
        checksums = {name: column.close() for name, column in self._columns.items()}
        self._group.attrs.put(_attributes(activations) | {"sha256": checksums})
        with warnings.catch_warnings():
            # xarray asks for consolidated metadata and warns where there is none; Zarr warns where there is.
            warnings.simplefilter("ignore", UserWarning)
            zarr.consolidate_metadata(self._group.store)


def save(activations: Activations, path: Path | str) -> Activations:
    """Write activations to a store, whole or not at all, and open it. What was at ``path`` is replaced."""
    with whole_folder(path, may_hold=ARRAYS) as folder:
        writer = StoreWriter(
            folder, len(activations), activations.n_neurons, activations.position is not None
        )
        step = max(1, CHUNK_BYTES // (4 * activations.n_neurons))
        for start in range(0, len(activations), step):
            writer.append(activations.items(start, start + step))
        writer.seal(activations)
    return open_store(path)


def open_store(path: Path | str, verify: bool = False) -> Activations:
    """Open a store; values stay on disk until they are asked for.

    Args:
        path: the store's folder.
        verify: read everything once and compare with the checksums.

    Raises:
        FormatError: not a store of activations, of a newer version, incomplete, or (with ``verify``) altered.
        ActivationsError: no items.
    """
    path = Path(path)
    if not (path / "zarr.json").is_file():
        raise FormatError(f"There is no store of activations at {path}: harvest one, or give another folder.")
    attributes = read_json(path / "zarr.json").get("attributes", {})
    if attributes.get("kind") != KIND:
        raise FormatError(f"{path} is a Zarr store, but not one of activations that Sememe wrote.")
    if attributes.get("version") not in range(1, VERSION + 1):
        raise FormatError(
            f"{path} has version {attributes.get('version')} of the format, and this Sememe "
            f"{sememe.__version__} reads up to {VERSION}: update it, or harvest again."
        )
    try:
        return _activations(path, attributes, verify)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path} does not describe itself fully ({error!r}): harvest it again.") from error


def _activations(path: Path, attributes: dict[str, Any], verify: bool) -> Activations:
    arrays = _open_arrays(path, attributes["sha256"])
    if verify:
        for name, expected in attributes["sha256"].items():
            if checksum(arrays[name]) != expected:
                raise FormatError(
                    f"{path / name} is not what was written: its SHA-256 differs; harvest it again."
                )
    sampling, field, grid = attributes["sampling"], attributes["receptive_field"], attributes["grid"]
    return Activations(
        arrays["values"],
        arrays["image"],
        arrays.get("position"),
        layer=attributes["layer"],
        images=attributes["images"],
        grid=None if grid is None else (grid[0], grid[1]),
        receptive_field=None if field is None else _field(field),
        moments=Moments(
            attributes["count"], np.asarray(arrays["mean"][:]), np.asarray(arrays["variance"][:])
        ),
        sampling=None if sampling is None else Sampling(**sampling),
        pool=attributes["pool"],
    )


def _attributes(activations: Activations) -> dict[str, Any]:
    field, sampling = activations.receptive_field, activations.sampling
    return {
        "kind": KIND,
        "version": VERSION,
        "sememe_version": sememe.__version__,
        "layer": activations.layer,
        "images": activations.images,
        "grid": None if activations.grid is None else list(activations.grid),
        "receptive_field": None if field is None else {"rows": field.rows, "columns": field.columns},
        "sampling": None if sampling is None else vars(sampling),
        "pool": activations.pool,
        "count": activations.moments.count,
    }


def _field(attribute: dict[str, list[list[int]]]) -> ReceptiveField:
    rows, columns = (tuple((a, b) for a, b in attribute[axis]) for axis in ("rows", "columns"))
    return ReceptiveField(rows, columns)


def _open_arrays(path: Path, names: Iterable[str]) -> dict[str, zarr.Array]:
    group = zarr.open_group(path, mode="r", zarr_format=3, use_consolidated=False)
    arrays = {}
    for name in names:
        array = group.get(name)
        if not isinstance(array, zarr.Array):
            raise FormatError(f"{path} has no array {name!r}: it is incomplete, harvest it again.")
        axes = array.metadata.to_dict()["dimension_names"]
        if axes != _AXES[name]:
            raise FormatError(f"{path / name} has axes {axes}, expected {_AXES[name]}: harvest it again.")
        # Zarr reads an absent chunk as zeros; here all are written, so absence is damage.
        if array.nchunks_initialized != array.nchunks:
            missing = array.nchunks - array.nchunks_initialized
            raise FormatError(
                f"{path / name} lacks {missing} of its {array.nchunks} chunks: harvest it again."
            )
        arrays[name] = array
    n_items, n_neurons = arrays["values"].shape
    if n_items == 0:
        raise ActivationsError(f"{path} is an empty store: harvest at least one image.")
    for name, array in arrays.items():
        expected = n_items if "items" in _AXES[name] else n_neurons
        if array.shape[0] != expected:
            raise FormatError(f"{path / name} has {array.shape[0]:,} rows, but values needs {expected:,}.")
    return arrays
