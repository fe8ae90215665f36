"""Items as a command names them: a store that was harvested, or a plain array of NumPy."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from jaxtyping import Int64

from sememe import activations
from sememe.errors import ActivationsError, FormatError
from sememe.files import unreadable

# Rows whose numbers of images are read at once.
_AT_ONCE = 1 << 20
# Rows at either end of an array by which it is known again.
_KNOWN_BY = 100


@dataclass(frozen=True, eq=False)
class ItemSource:
    """Where a command's items come from.

    Attributes:
        values: ``(items, neurons)``, on disk.
        image: ``(items,)``, the image of each item; None: each is its own.
        title: for people: "fc1 of mnist-train".
        store: the store, if it is one.
    """

    values: np.ndarray | zarr.Array
    image: np.ndarray | zarr.Array | None
    title: str
    store: activations.Activations | None = None

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def n_neurons(self) -> int:
        return int(self.values.shape[1])

    def identity(self) -> dict[str, Any]:
        """What tells these items from others, as plain values; does not depend on where they lie."""
        digest = hashlib.sha256()
        for rows in (self.values[:_KNOWN_BY], self.values[-_KNOWN_BY:]):
            digest.update(_as_float32(rows).tobytes())
        return {"items": len(self), "neurons": self.n_neurons, "ends_sha256": digest.hexdigest()}

    def of_some_images(self, n: int, seed: int) -> Int64[np.ndarray, " rows"]:
        """Sorted rows of about ``n`` items: all those of images that are drawn at random."""
        rng = np.random.default_rng([seed, 11])
        n = min(n, len(self))
        if self.image is None:
            return np.sort(rng.choice(len(self), n, replace=False)).astype(np.int64)
        # Items stand in the order of their images.
        first, last = int(np.asarray(self.image[:1])[0]), int(np.asarray(self.image[-1:])[0])
        n_images = last - first + 1
        chosen = np.zeros(n_images, dtype=bool)
        n_chosen = min(n, max(1, n * n_images // len(self)))
        chosen[rng.choice(n_images, n_chosen, replace=False)] = True
        found = [
            start + np.flatnonzero(chosen[np.asarray(self.image[start : start + _AT_ONCE]) - first])
            for start in range(0, len(self), _AT_ONCE)
        ]
        return np.concatenate(found).astype(np.int64)

    def take(self, rows: Int64[np.ndarray, " rows"]) -> np.ndarray:
        """Values of some rows, float32, in memory.

        Raises:
            ActivationsError: one of them is NaN, infinite, or beyond float32.
        """
        stored = self.values
        found = _as_float32(stored[rows] if isinstance(stored, np.ndarray) else stored.oindex[rows, :])
        known = np.isfinite(found)
        if not known.all():
            row, neuron = np.unravel_index(known.argmin(), known.shape)
            raise ActivationsError(
                f"{self.title} holds {(~known).sum():,} NaN or infinite values among the items looked at, "
                f"the first at item {rows[row]}, neuron {neuron}: remove or replace them."
            )
        return found


def _as_float32(rows: Any) -> np.ndarray:
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is refused as that
        return np.ascontiguousarray(rows, dtype=np.float32)


def open_items(path: Path) -> ItemSource:
    """The items in a store, or in an ``.npy`` file with a row an item, of which nothing is read yet.

    Raises:
        FormatError: there is neither, or it is damaged.
        ActivationsError: an array that is not ``(items, neurons)``.
    """
    if path.is_dir():
        store = activations.open_store(path)
        return ItemSource(store.values, store.image, f"{store.layer} of {store.images}", store)
    if not path.exists():
        raise FormatError(
            f"There is nothing at {path}: give a store of activations (sememe harvest makes one) or an array "
            "in an .npy file."
        )
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FormatError(f"{path} is not an array that numpy.save wrote ({unreadable(error)}).") from None
    if not isinstance(values, np.ndarray):
        values.close()
        raise FormatError(f"{path} is an archive of several arrays: save the one to learn from as .npy.")
    if values.ndim != 2 or values.dtype.kind not in "fiu" or 0 in values.shape:
        raise ActivationsError(
            f"{path} holds {values.dtype} values of shape {values.shape}; expected numbers with a row an "
            "item and a column a neuron."
        )
    return ItemSource(values, None, path.name)
