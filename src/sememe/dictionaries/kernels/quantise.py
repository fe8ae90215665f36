"""Items and encoder rows as bytes, with what the rounding can have cost.

Each row is scaled by its own largest entry: ``row ~ scale * q`` with ``q`` in -127..127. Rounding errs by
at most ``scale / 2``, as if at random, so a product of two rows errs with a standard deviation of at most
``sqrt(s_x^2 |w|^2 + s_w^2 |x|^2) / sqrt(12)``, which is at most ``(s_x |w| + s_w |x|) / sqrt(12)``. The two
summands are kept apart, per item and per panel of components (the panel's largest), so that the margin of
a pair is two multiplications.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numpy as np

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS

# How many (bounds on the) standard deviations of the rounding a candidate may lie below the threshold.
MARGIN_DEVIATIONS = 3.0

_ROWS_A_TASK = 48

# Cutting off the fraction of a positive number is one instruction: 128 makes a byte positive, and the half
# turns cutting off into rounding.
_ROUND_UP = np.float32(128.5)


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
    rounding: np.ndarray  # float32 (2, panels): margin per unit of an item's scale, of its length


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
        np.zeros((rows, -(-d_in // 4) * 4), np.uint8),
        np.zeros(n_items, np.float32),
        np.zeros(n_items, np.float32),
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
        np.zeros((2, panels), np.float32),
    )


@kernel
def _largest_and_length(row):
    # Without its sign bit a float32 orders as the integer of the same bits.
    bits, magnitude = row.view(np.int32), np.int32(0x7FFFFFFF)
    largest, squares = np.int32(0), np.float32(0)
    for j in range(row.shape[0]):
        largest = max(largest, np.int32(bits[j] & magnitude))
        squares += row[j] * row[j]
    result = np.empty(1, np.float32)
    result.view(np.int32)[0] = largest
    return result[0], np.sqrt(squares)


@kernel
def _quantise_item(i, row, items):
    largest, length = _largest_and_length(row)
    items.scale[i] = largest / np.float32(127)
    items.length[i] = length
    inverse = np.float32(127) / largest if largest > 0 else np.float32(0)
    out = items.bytes[i]
    for j in range(row.shape[0]):
        out[j] = np.uint8(np.int32(row[j] * inverse + _ROUND_UP))


@over_tasks
def quantise_items(counter, thread, x, items):
    """Fill ``items``, a ByteItems."""
    task = next_task(counter)
    while task * _ROWS_A_TASK < x.shape[0]:
        for i in range(task * _ROWS_A_TASK, min((task + 1) * _ROWS_A_TASK, x.shape[0])):
            _quantise_item(i, x[i], items)
        task = next_task(counter)


@kernel
def _quantise_component(row, largest, out):
    inverse = np.float32(127) / largest if largest > 0 else np.float32(0)
    total = np.int32(0)
    for i in range(row.shape[0]):
        q = np.int32(row[i] * inverse + _ROUND_UP) - np.int32(128)
        out[i] = q
        total += q
    return total


@kernel
def _pack_panel(W, b, panel, components):
    packed = components.bytes[panel]
    margin = np.float32(MARGIN_DEVIATIONS / np.sqrt(12.0))
    rows = min(TILE_COLUMNS, W.shape[0] - panel * TILE_COLUMNS)
    longest, coarsest = np.float32(0), np.float32(0)
    quantised = np.zeros((TILE_COLUMNS, packed.shape[0] * 4), np.int8)
    for c in range(rows):
        j = panel * TILE_COLUMNS + c
        largest, length = _largest_and_length(W[j])
        scale = largest / np.float32(127)
        components.scale[j] = scale
        components.shift[j] = -128 * _quantise_component(W[j], largest, quantised[c])
        components.bias[j] = b[j]
        longest = max(longest, length)
        coarsest = max(coarsest, scale)
    components.rounding[0, panel] = margin * longest
    components.rounding[1, panel] = margin * coarsest
    # Four bytes at a time, in the order of the writes: reading across rows that are in the cache is cheaper.
    source, target = quantised.view(np.int32), packed.view(np.int32)
    for s in range(packed.shape[0]):
        for c in range(rows):
            target[s, c, 0] = source[c, s]


@over_tasks
def quantise_components(counter, thread, W, b, components):
    """Fill ``components``, a ByteComponents."""
    task = next_task(counter)
    while task < components.bytes.shape[0]:
        _pack_panel(W, b, task, components)
        task = next_task(counter)
