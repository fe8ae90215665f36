"""The items that a dictionary is fitted on or encodes: in memory or on disk, read in bounded pieces."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import zarr
from jaxtyping import Float32, Int64
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from sememe.dictionaries.real_arrays import WrongTypeError, real_matrix
from sememe.errors import DictionaryError

# What fit and transform take: a NumPy array, a torch tensor, a Zarr array, or what numpy.asarray understands.
ItemsLike = Any

# How much of a store is held in memory at once.
WINDOW_BYTES = 64 * 2**20


class Items:
    """A matrix of items, ``(n_items, n_neurons)``, given out as float32 and without NaN or infinity.

    Args:
        rows: the matrix, or a two-dimensional Zarr array, which is never read whole.
    """

    def __init__(self, rows: np.ndarray | zarr.Array) -> None:
        self._rows = rows
        self.n_items: int = rows.shape[0]
        self.n_neurons: int = rows.shape[1]
        self.in_memory = isinstance(rows, np.ndarray)

    def __len__(self) -> int:
        return int(self.n_items)

    @property
    def block(self) -> int:
        """How many rows are best read together: a chunk (or a shard) of the store; in memory, all."""
        if isinstance(self._rows, np.ndarray):
            return max(1, self.n_items)
        shape = self._rows.shards or self._rows.chunks
        return int(min(shape[0], max(1, self.rows_within(WINDOW_BYTES))))

    def rows_within(self, n_bytes: int) -> int:
        """How many rows of float32 fit into so many bytes; at least one."""
        return max(1, n_bytes // (4 * max(1, self.n_neurons)))

    def read(self, start: int, stop: int) -> Float32[np.ndarray, "some neurons"]:
        """Rows ``start`` to ``stop``; refuses NaN and infinity."""
        return self._finite(_as_float32(self._rows[start:stop]))

    def take(self, rows: Int64[np.ndarray, " some"]) -> Float32[np.ndarray, "some neurons"]:
        """These rows, in this order. From a store, every chunk that holds one of them is read."""
        if isinstance(self._rows, np.ndarray):
            return self._finite(_as_float32(self._rows[rows]))
        order = np.argsort(rows, kind="stable")
        taken = np.empty((len(rows), self.n_neurons), dtype=np.float32)
        taken[order] = _as_float32(self._rows.oindex[rows[order], :])
        return self._finite(taken)

    def chunks(self, max_bytes: int = WINDOW_BYTES) -> Iterator[Float32[np.ndarray, "some neurons"]]:
        """All rows in order, in pieces of at most ``max_bytes`` and, from a store, of whole chunks."""
        rows = self.rows_within(max_bytes)
        if not self.in_memory:
            rows = max(1, rows // self.block) * self.block
        for start in range(0, self.n_items, rows):
            yield self.read(start, min(start + rows, self.n_items))

    def sample(self, n: int, rng: np.random.Generator) -> Float32[np.ndarray, "some neurons"]:
        """At most ``n`` different items drawn at random, without reading a whole store.

        From a store they come from 16 chunks, or more where those hold fewer than ``4 n`` items.
        """
        n = min(n, self.n_items)
        if self.in_memory:
            return self.take(rng.choice(self.n_items, n, replace=False))
        n_blocks = -(-self.n_items // self.block)
        chosen = np.sort(rng.choice(n_blocks, min(n_blocks, max(16, -(-4 * n // self.block))), replace=False))
        starts = chosen * self.block
        sizes = np.minimum(starts + self.block, self.n_items) - starts
        within = np.sort(rng.choice(sizes.sum(), min(n, int(sizes.sum())), replace=False))
        ends = np.cumsum(sizes)
        parts = []
        for start, end, size in zip(starts, ends, sizes, strict=True):
            mine = within[(within >= end - size) & (within < end)] - (end - size)
            if len(mine):
                parts.append(self.read(int(start), int(start + size))[mine])
        drawn = np.concatenate(parts)
        return drawn[rng.permutation(len(drawn))]

    def _finite(self, rows: np.ndarray) -> np.ndarray:
        # A sum is finite only if all terms are (or if they are so large that it is worth looking).
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(rows.sum())
        if suspicious and not np.isfinite(rows).all():
            raise DictionaryError(self._where_not_finite())
        return rows

    def _where_not_finite(self) -> str:
        n_nan, n_infinite, first = 0, 0, None
        step = self.rows_within(WINDOW_BYTES)
        for start in range(0, self.n_items, step):
            rows = _as_float32(self._rows[start : start + step])
            bad = ~np.isfinite(rows)
            if first is None and bad.any():
                item, neuron = np.argwhere(bad)[0]
                first = (start + int(item), int(neuron))
            n_nan += int(np.isnan(rows).sum())
            n_infinite += int(np.isinf(rows).sum())
        item, neuron = first or (0, 0)
        return (
            f"The activations hold {n_nan} NaN and {n_infinite} inf among {self.n_items} items x "
            f"{self.n_neurons} neurons, the first at item {item}, neuron {neuron}: remove or replace them."
        )


def validated_items(estimator: BaseEstimator, X: ItemsLike, *, reset: bool, minimum: int = 1) -> Items:
    """``X`` as items that fit the estimator; ``reset`` lets it take its number of neurons from ``X``.

    Raises:
        DictionaryError: not two-dimensional, not real numbers, fewer than ``minimum`` items, another number
            of neurons than the estimator was fitted with, NaN or infinity.
    """
    name = type(estimator).__name__
    rows = real_matrix(X, f"{name} needs activations (items, neurons)")
    if isinstance(rows, zarr.Array):
        return _validated_store(estimator, rows, reset=reset, minimum=minimum)
    if sparse.issparse(rows):
        raise WrongTypeError(
            f"{name} needs dense activations (items, neurons), but sparse ones arrived: give their toarray()."
        )
    # Data frames know the names of their columns, which scikit-learn keeps.
    named = X if hasattr(X, "columns") else rows
    try:
        with np.errstate(over="ignore"):
            rows = validate_data(
                estimator,
                named,
                reset=reset,
                dtype=np.float32,
                order="C",
                ensure_all_finite=False,
                ensure_min_samples=minimum,
            )
    except ValueError as error:
        raise DictionaryError(str(error)) from error
    return Items(rows)


def _validated_store(estimator: Any, X: zarr.Array, *, reset: bool, minimum: int) -> Items:
    name = type(estimator).__name__
    if X.shape[0] < minimum or X.shape[1] < 1:
        raise DictionaryError(
            f"{name} needs at least {minimum} items, but a store of shape {X.shape} arrived."
        )
    if reset:
        estimator.n_features_in_ = int(X.shape[1])
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    elif X.shape[1] != estimator.n_features_in_:
        raise DictionaryError(
            f"X has {X.shape[1]} features, but {name} is expecting {estimator.n_features_in_} features "
            "as input."
        )
    return Items(X)


def _as_float32(rows: Any) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(rows, dtype=np.float32)
