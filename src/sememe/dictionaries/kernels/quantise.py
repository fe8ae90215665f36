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

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks, thread_limit
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS
from sememe.dictionaries.kernels.vectors import from_bits

# How many (bounds on the) standard deviations of the rounding a candidate may lie below the threshold.
MARGIN_DEVIATIONS = 3.0

# Cutting off the fraction of a positive number is one instruction: 128 makes a byte positive, and the half
# turns cutting off into rounding.
_ROUND_UP = np.float32(128.5)


class ByteItems(NamedTuple):
    """Some items as unsigned bytes, ``q + 128``; a block for each thread."""

    bytes: np.ndarray  # uint8 (threads, items, neurons rounded up to 4)
    scale: np.ndarray  # float32 (threads, items)
    length: np.ndarray  # float32 (threads, items): Euclidean
    margin: np.ndarray  # float32 (threads, items): of the products with one panel


class ByteComponents(NamedTuple):
    """Encoder rows as signed bytes in the order in which the tile reads them."""

    bytes: np.ndarray  # int8 (panels, steps, TILE_COLUMNS, 4), aligned to 64 bytes
    # Aligned to 64 bytes, by panel: what the 128 added to every item's byte takes off the sum, as int32;
    # scales; biases, -inf for components that only fill a panel.
    numbers: np.ndarray  # float32 (panels, 3, TILE_COLUMNS)
    rounding: np.ndarray  # float32 (2, panels): margin per unit of an item's scale, of its length
    room: np.ndarray  # int8 (threads, TILE_COLUMNS, neurons rounded up to 4): a panel by rows


def aligned(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Uninitialised memory that starts at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def empty_items(n_items: int, d_in: int) -> ByteItems:
    """Room for blocks of ``n_items``."""
    threads = thread_limit()
    scale, length, margin = (np.zeros((threads, n_items), np.float32) for _ in range(3))
    return ByteItems(np.zeros((threads, n_items, -(-d_in // 4) * 4), np.uint8), scale, length, margin)


def empty_components(n_components: int, d_in: int) -> ByteComponents:
    """Room for an encoder; what fills the last panel can never be selected."""
    panels, steps = -(-n_components // TILE_COLUMNS), -(-d_in // 4)
    packed = aligned((panels, steps, TILE_COLUMNS, 4), np.int8)
    packed[:] = 0
    numbers = aligned((panels, 3, TILE_COLUMNS), np.float32)
    numbers[:] = 0
    numbers[:, 2] = -np.inf
    room = np.zeros((thread_limit(), TILE_COLUMNS, 4 * steps), np.int8)
    return ByteComponents(packed, numbers, np.zeros((2, panels), np.float32), room)


@kernel
def _largest_and_length(row):
    # Without its sign bit a float32 orders as the integer of the same bits.
    bits, magnitude = row.view(np.int32), np.int32(0x7FFFFFFF)
    largest, squares = np.int32(0), np.float32(0)
    for j in range(row.shape[0]):
        largest = max(largest, np.int32(bits[j] & magnitude))
        squares += row[j] * row[j]
    return from_bits(row, np.uint64(largest)), np.sqrt(squares)


@kernel
def quantise_item(row, i, thread, items):
    """Fill place ``i`` of a thread's block."""
    largest, length = _largest_and_length(row)
    items.scale[thread, i] = largest / np.float32(127)
    items.length[thread, i] = length
    inverse = np.float32(127) / largest if largest > 0 else np.float32(0)
    out = items.bytes[thread, i]
    for j in range(row.shape[0]):
        out[j] = np.uint8(np.int32(row[j] * inverse + _ROUND_UP))


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
def _pack_panel(W, b, panel, components, quantised):
    packed, numbers = components.bytes[panel], components.numbers[panel]
    shift = numbers[0].view(np.int32)
    margin = np.float32(MARGIN_DEVIATIONS / np.sqrt(12.0))
    rows = min(TILE_COLUMNS, W.shape[0] - panel * TILE_COLUMNS)
    longest, coarsest = np.float32(0), np.float32(0)
    for c in range(rows):
        j = panel * TILE_COLUMNS + c
        largest, length = _largest_and_length(W[j])
        scale = largest / np.float32(127)
        shift[c] = -128 * _quantise_component(W[j], largest, quantised[c])
        numbers[1, c] = scale
        numbers[2, c] = b[j]
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
    tasks = components.bytes.shape[0]
    task = next_task(counter, thread, tasks)
    while task < tasks:
        _pack_panel(W, b, task, components, components.room[thread])
        task = next_task(counter, thread, tasks)
