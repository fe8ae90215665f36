"""Items and encoder rows as bytes, with what the rounding can have cost.

Each row is scaled by its own largest entry: ``row ~ scale * q`` with ``q`` in -127..127. Rounding errs by
at most ``scale / 2``, as if at random, so a product of two rows of length ``d`` errs with a standard
deviation of at most ``sqrt(s_x^2 |w|^2 + s_w^2 |x|^2) / sqrt(12) <= s_x |w| / sqrt(12) + s_w |x| / sqrt(12)``.
The two summands are kept apart per item and per component, so that the margin of a pair is two
multiplications.
"""

from typing import NamedTuple

import numba
import numpy as np

from sememe.dictionaries.kernels.compiled import kernel, over_tasks
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS

# How many (bounds on the) standard deviations of the rounding a candidate may lie below the threshold.
MARGIN_DEVIATIONS = 3.0

_ROWS_A_TASK = 48


class ByteItems(NamedTuple):
    """Items as unsigned bytes, ``q + 128``; rows are filled up to whole tiles."""

    bytes: np.ndarray  # uint8 (items rounded up, neurons rounded up to 4)
    scale: np.ndarray  # float32 (items,)
    length: np.ndarray  # float32 (items,): Euclidean


class ByteComponents(NamedTuple):
    """Encoder rows as signed bytes in the order in which the tile reads them."""

    bytes: np.ndarray  # int8 (panels, steps, TILE_COLUMNS, 4), aligned to 64 bytes
    scale: np.ndarray  # float32 (components rounded up,)
    shift: np.ndarray  # int32: what the 128 added to every item's byte adds to the sum, negative
    bias: np.ndarray  # float32; -inf for components that only fill a panel
    rounding: np.ndarray  # float32 (2, components rounded up): margin per unit of item scale, item length


def aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Uninitialised memory that starts at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def empty_items(n_items: int, d_in: int) -> ByteItems:
    """Room for a batch."""
    rows = -(-n_items // TILE_ROWS) * TILE_ROWS
    return ByteItems(
        np.zeros((rows, -(-d_in // 4) * 4), np.uint8), np.zeros(n_items, np.float32), np.zeros(n_items, np.float32)
    )


def empty_components(n_components: int, d_in: int) -> ByteComponents:
    """Room for an encoder; what fills the last panel can never be selected."""
    panels = -(-n_components // TILE_COLUMNS)
    padded = panels * TILE_COLUMNS
    packed = aligned((panels, -(-d_in // 4), TILE_COLUMNS, 4), np.int8)
    packed[:] = 0
    return ByteComponents(
        packed,
        np.zeros(padded, np.float32),
        np.zeros(padded, np.int32),
        np.full(padded, -np.inf, np.float32),
        np.zeros((2, padded), np.float32),
    )


@kernel
def _largest_and_length(row):  # type: ignore[no-untyped-def]
    largest = np.float32(0)
    squares = np.float32(0)
    for value in row:
        largest = max(largest, abs(value))
        squares += value * value
    return largest, np.sqrt(squares)


@kernel
def _quantise_item(row, out):  # type: ignore[no-untyped-def]
    largest, length = _largest_and_length(row)
    scale = largest / np.float32(127)
    inverse = np.float32(127) / largest if largest > 0 else np.float32(0)
    for j in range(row.shape[0]):
        out[j] = np.uint8(np.int32(np.rint(row[j] * inverse)) + 128)
    return scale, length


@over_tasks
def quantise_items(x, bytes_, scale, length):  # type: ignore[no-untyped-def]
    for i in numba.prange(x.shape[0]):
        scale[i], length[i] = _quantise_item(x[i], bytes_[i])


@kernel
def _pack_panel(W, b, panel, packed, scale, shift, bias, rounding):  # type: ignore[no-untyped-def]
    d_in = W.shape[1]
    margin = np.float32(MARGIN_DEVIATIONS / np.sqrt(12.0))
    quantised = np.zeros(packed.shape[0] * 4, np.int8)
    for c in range(min(TILE_COLUMNS, W.shape[0] - panel * TILE_COLUMNS)):
        j = panel * TILE_COLUMNS + c
        row = W[j]
        largest, length = _largest_and_length(row)
        inverse = np.float32(127) / largest if largest > 0 else np.float32(0)
        total = np.int32(0)
        for i in range(d_in):
            q = np.int32(np.rint(row[i] * inverse))
            quantised[i] = q
            total += q
        four = quantised.view(np.int32)
        target = packed.view(np.int32)
        for s in range(packed.shape[0]):
            target[s, c, 0] = four[s]
        scale[j] = largest / np.float32(127)
        shift[j] = -128 * total
        bias[j] = b[j]
        rounding[0, j] = margin * length
        rounding[1, j] = margin * scale[j]


@over_tasks
def quantise_components(W, b, packed, scale, shift, bias, rounding):  # type: ignore[no-untyped-def]
    for panel in numba.prange(packed.shape[0]):
        _pack_panel(W, b, panel, packed[panel], scale, shift, bias, rounding)
