"""The k largest codes of an item by magnitude, in a way that does not depend on rounding."""

import numpy as np
from jaxtyping import Float32, Int64

# Float32 products that differ by less than this share of the lengths of what is multiplied may be in the
# other order.
_ALIKE = 1e-6


def largest_by_magnitude(
    codes: Float32[np.ndarray, "items components"], k: int
) -> Float32[np.ndarray, "items components"]:
    """Codes with all but the k largest by magnitude of each item set to 0; of equal ones the first stay."""
    if k >= codes.shape[1]:
        return codes
    sizes = np.abs(codes)
    few, close = _kept(codes, sizes, k, np.zeros(len(codes), np.float32))
    few[close] = _first_largest(codes[close], sizes[close], k)
    return few


def largest_coordinates(
    x: Float32[np.ndarray, "items neurons"],
    directions: Float32[np.ndarray, "components neurons"],
    k: int | None,
) -> Float32[np.ndarray, "items components"]:
    """Products of items with directions, all but the k largest by magnitude of each item set to 0.

    Where float32's rounding might decide which are the k largest, they are those of the products in float64;
    of products that are equal as float32 numbers the first stay. None: all.
    """
    codes = x @ directions.T
    if k is None or k >= codes.shape[1]:
        return codes
    sizes = np.abs(codes)
    longest = np.linalg.norm(directions, axis=1).max()
    few, close = _kept(codes, sizes, k, _ALIKE * longest * np.sqrt(np.einsum("ij,ij->i", x, x)))
    wide = x[close].astype(np.float64) @ directions.T
    few[close] = _first_largest(codes[close], np.abs(wide).astype(np.float32), k)
    return few


def _kept(
    codes: Float32[np.ndarray, "items components"],
    sizes: Float32[np.ndarray, "items components"],
    k: int,
    alike: Float32[np.ndarray, " items"],
) -> tuple[Float32[np.ndarray, "items components"], Int64[np.ndarray, " close"]]:
    """Codes as large as the k-th, and the items of which more than k are as large but for ``alike``."""
    least = np.partition(sizes, -k, axis=1)[:, -k]
    few = np.zeros_like(codes)
    np.copyto(few, codes, where=sizes >= least[:, None])
    as_large = np.count_nonzero(sizes >= (least - alike)[:, None], axis=1)
    return few, np.flatnonzero((as_large > k) & (least > 0))


def _first_largest(
    codes: Float32[np.ndarray, "items components"], sizes: Float32[np.ndarray, "items components"], k: int
) -> Float32[np.ndarray, "items components"]:
    """Codes with all but those of the k largest sizes set to 0."""
    others = np.argsort(-sizes, axis=1, kind="stable")[:, k:]
    few = codes.copy()
    np.put_along_axis(few, others, np.float32(0), axis=1)
    return few
