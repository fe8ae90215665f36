"""What every measure asks of codes: that they are sound, and their sums, whether they lie dense or sparse.

Codes have a row an item and a column a unit. They may be a dense array or a SciPy CSR matrix; each sum below
takes either and gives the same number. Sums are in float64.
"""

from itertools import pairwise
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from jaxtyping import Bool, Float, Int, Integer, Real
from scipy import sparse

from sememe.errors import MeasureError

Codes: TypeAlias = Real[np.ndarray, "items units"] | sparse.csr_matrix | sparse.csr_array
"""Codes or activations, ``(items, units)``."""

OtherCodes: TypeAlias = Real[np.ndarray, "other_items other_units"] | sparse.csr_matrix | sparse.csr_array
"""Codes of other units, or on other items."""


def is_sparse(codes: Any) -> TypeGuard[Any]:
    """Whether the codes are a SciPy matrix of whatever layout, and not an array."""
    return bool(sparse.issparse(codes))


def count_units(codes: Codes) -> int:
    """Number of columns, if there is a row and a column."""
    if codes.ndim != 2 or codes.shape[0] == 0 or codes.shape[1] == 0:
        raise MeasureError(
            f"Codes need at least one row (item) and one column (unit); these have the shape {codes.shape}."
        )
    return int(codes.shape[1])


MOST = 1e100
"""Codes of more than this have no squares, and sums of them no meaning, in float64."""


def checked(codes: Codes) -> Codes:
    """The codes, if they are finite numbers: an array, or a CSR matrix without stored zeros."""
    codes = _as_codes(codes)
    count_units(codes)
    stored = _stored(codes)
    if not np.isfinite(stored).all():
        bad = int(stored.size - np.isfinite(stored).sum())
        raise MeasureError(
            f"{bad} of the codes are NaN or infinite: find out where they come from before measuring."
        )
    greatest = max(stored.max(), -stored.min()) if stored.size and stored.dtype.itemsize > 4 else 0
    if greatest > MOST:
        raise MeasureError(
            f"The codes go up to {greatest:.3g}, whose square no computer holds: divide them by it before "
            "measuring."
        )
    if is_sparse(codes) and bool((stored == 0).any()):
        codes = codes.copy()
        codes.eliminate_zeros()
    return codes


def _as_codes(codes: Any) -> Any:
    """Codes in a layout and of a type that sums can be taken of."""
    if is_sparse(codes):
        codes = codes.tocsr()
    else:
        try:
            codes = np.asarray(codes)
        except ValueError as error:
            raise MeasureError(f"Codes must be a table of numbers, but this is none: {error}.") from None
    if codes.dtype.kind not in "biuf":
        raise MeasureError(f"Codes must be real numbers, but these are of the type {codes.dtype}.")
    return codes.astype(np.float32) if codes.dtype.itemsize < 4 and codes.dtype.kind == "f" else codes


def checked_labels(labels: Integer[np.ndarray, " rows"], n_items: int, n_classes: int) -> None:
    """Refuse labels that do not fit the items or the number of classes."""
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise MeasureError(
            f"Labels must be whole numbers, one an item; these are {labels.dtype} of shape {labels.shape}."
        )
    if labels.shape[0] != n_items:
        raise MeasureError(
            f"There are {n_items:,} items but {labels.shape[0]:,} labels: give one label an item."
        )
    if n_classes < 2:
        raise MeasureError(
            f"Selectivity compares classes and there is {n_classes}: give labels of at least 2 classes."
        )
    if labels.min() < 0 or labels.max() >= n_classes:
        raise MeasureError(
            f"Labels run from {labels.min()} to {labels.max()}, but there are {n_classes} classes: "
            f"labels must lie in 0..{n_classes - 1}."
        )


def check_items(first: int, second: int) -> None:
    """Refuse two sets of codes of different items."""
    if first != second:
        raise MeasureError(
            f"One set has {first:,} items and the other {second:,}: give codes of the same items."
        )


def is_signed(codes: Codes) -> bool:
    """Whether any unit fires with a negative sign."""
    stored = _stored(codes)
    return bool(stored.size) and bool(stored.min() < 0)


def entries(
    codes: Codes,
) -> tuple[Int[np.ndarray, " firings"], Int[np.ndarray, " firings"], Float[np.ndarray, " firings"]]:
    """Item, unit and value of every firing, item by item."""
    if is_sparse(codes):
        items = np.repeat(np.arange(codes.shape[0]), np.diff(codes.indptr))
        return items, codes.indices.astype(np.int64), codes.data.astype(np.float64)
    items, units = np.nonzero(codes)
    return items, units, codes[items, units].astype(np.float64)


def strongest_first(
    codes: Codes,
) -> tuple[Int[np.ndarray, " bounds"], Int[np.ndarray, " firings"], Float[np.ndarray, " firings"]]:
    """The firings of each unit from the greatest code down: where each unit begins, items, values.

    Of equal codes the earlier item comes first.
    """
    columns = codes.tocsc() if is_sparse(codes) else sparse.csc_array(codes)
    bounds, items, values = columns.indptr, columns.indices.astype(np.int64), columns.data.astype(np.float64)
    order = np.empty(values.size, np.int64)
    for start, stop in pairwise(bounds):
        order[start:stop] = start + np.argsort(-values[start:stop], kind="stable")
    return bounds.astype(np.int64), items[order], values[order]


def sums_by_key(key: Int[np.ndarray, " items"], n_keys: int, codes: Codes) -> Float[np.ndarray, "keys units"]:
    """Sum of each unit's codes over the items with each key."""
    indicator = _indicator(key, n_keys)
    if is_sparse(codes):
        return np.asarray((indicator @ codes.astype(np.float64)).todense(), dtype=np.float64)
    return np.asarray(indicator @ np.asarray(codes, dtype=np.float64))


def firings_by_key(
    key: Int[np.ndarray, " items"], n_keys: int, codes: Codes
) -> Float[np.ndarray, "keys units"]:
    """Number of each unit's firings (``!= 0``) among the items with each key."""
    return sums_by_key(key, n_keys, fired(codes))


def fired(codes: Codes) -> Codes:
    """1 where a unit fires, 0 elsewhere, in the codes' own layout."""
    if is_sparse(codes):
        ones = codes.copy()
        ones.data = np.ones(codes.data.shape, dtype=np.float32)
        return ones
    return (codes != 0).astype(np.float32)


def squared(codes: Codes) -> Codes:
    """The codes squared, in float64, in their own layout."""
    if is_sparse(codes):
        return codes.astype(np.float64).power(2)
    return np.square(codes, dtype=np.float64)


def extent(codes: Codes) -> tuple[Float[np.ndarray, " units"], Float[np.ndarray, " units"]]:
    """Least and greatest value of each unit over all items, silent ones included."""
    if is_sparse(codes):
        low, high = codes.min(axis=0), codes.max(axis=0)
        return np.asarray(low.todense(), float).reshape(-1), np.asarray(high.todense(), float).reshape(-1)
    return codes.min(axis=0).astype(np.float64), codes.max(axis=0).astype(np.float64)


def dead(codes: Codes) -> Bool[np.ndarray, " units"]:
    """Which units never fire."""
    return firings_by_key(np.zeros(codes.shape[0], np.int64), 1, codes)[0] == 0


def _stored(codes: Codes) -> np.ndarray:
    return np.asarray(codes.data) if is_sparse(codes) else codes


def _indicator(key: Int[np.ndarray, " items"], n_keys: int) -> sparse.csr_array:
    n_items = key.shape[0]
    rows = (np.ones(n_items), (key, np.arange(n_items)))
    return sparse.csr_array(sparse.coo_array(rows, shape=(n_keys, n_items)))
